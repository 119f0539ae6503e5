// Looks at the pages and the API's document with the tools that the field judges by:
// Lighthouse, axe and Spectral. `make audit` runs it; it prints a table and exits 1 when
// anything is below what is wanted. SHOTS=dir keeps a picture of every page there, for eyes.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import lighthouse, { desktopConfig } from 'lighthouse';
import puppeteer from 'puppeteer-core';
import { openShop, auditor, codeOf } from './shop.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const wanted = 95; // of 100, in each of Lighthouse's categories
const tries = 3; // a busy machine makes a page slow, nothing makes it quick: the best counts
const heaviest = 100 * 1024; // bytes of a console page, as the browser gets it unpacked

const [program, chromium, only] = process.argv.slice(2);
const parts = only ? only.split(',') : ['spectral', 'axe', 'lighthouse'];
const problems = [];

const shop = await openShop(program);
const browser = await puppeteer.launch({
  executablePath: chromium, headless: true,
  args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  if (parts.includes('spectral')) await document();
  if (parts.some((part) => part !== 'spectral')) {
    const page = await browser.newPage();
    const unlinked = await visit(page);
    if (parts.includes('axe')) await everyPage(page, unlinked);
    if (parts.includes('lighthouse')) await mainPages(page);
  }
} finally {
  await browser.close();
  await shop.close();
}
if (problems.length > 0) {
  console.error(`\naudit: ${problems.length} below what is wanted`);
  for (const p of problems) console.error('  ' + p);
  process.exit(1);
}
console.log('\naudit: nothing is below what is wanted');

// document holds the API's document against Spectral's rules for OpenAPI.
async function document() {
  const dir = mkdtempSync(join(tmpdir(), 'galleria-spectral-'));
  const file = join(dir, 'openapi.json');
  writeFileSync(file, await fetch(shop.base + '/api/v1/openapi.json').then((r) => r.text()));
  let found = [];
  try {
    execFileSync(join(here, 'node_modules/.bin/spectral'), ['lint', file, '--ruleset', join(here, 'spectral.yaml'), '--format', 'json', '--quiet', '--output', join(dir, 'found.json')], { stdio: 'pipe' });
  } catch (err) {
    if (err.status !== 1) throw err;
  }
  found = JSON.parse(readFileSync(join(dir, 'found.json'), 'utf8'));
  rmSync(dir, { recursive: true });
  const levels = ['errors', 'warnings', 'hints', 'notes'].map((name, severity) => `${found.filter((f) => f.severity === severity).length} ${name}`);
  console.log(`Spectral on /api/v1/openapi.json: ${levels.join(', ')}`);
  for (const f of found) {
    const text = `${f.code} at ${f.path.join('/')}: ${f.message}`;
    if (f.severity === 0) problems.push('Spectral: ' + text);
    else console.log('  ' + text);
  }
}

// visit logs in with a second factor, puts something into the cart and buys it, so that every page has
// something to show; then it fills the cart again.
// It answers the addresses of the pages that no link leads to.
async function visit(page) {
  const submit = async (selector) => {
    await Promise.all([page.waitForNavigation(), page.$eval(selector, (button) => button.form.requestSubmit(button))]);
  };
  const fill = async (fields) => {
    for (const [name, value] of Object.entries(fields)) {
      await page.$eval(`[name=${name}]`, (field, v) => { field.value = v; }, value);
    }
  };
  // Forms are sent as they are without our script: that keeps the page where it is.
  await page.setJavaScriptEnabled(false);
  await page.goto(shop.base + '/login');
  await fill({ email: auditor.email, password: auditor.password });
  await submit('form.form button[type=submit]');
  await page.goto(shop.base + '/account/second-factor');
  await fill({ password: auditor.password });
  await submit('form.form button[type=submit]');
  await fill({ code: codeOf(await page.$eval('[name=secret]', (field) => field.value)) });
  await submit('form.form button[type=submit]');
  const add = async () => {
    await page.goto(shop.base + '/products/full-moon-table-lamp');
    await submit('form[action="/cart/items"] button[type=submit]');
  };
  await add();
  await page.goto(shop.base + '/checkout?country=PT');
  await fill({ email: auditor.email, name: 'Ana Carvalho', line1: 'Rua das Flores 12', city: 'Porto', postal_code: '4050-262' });
  await submit('form[action="/checkout"] button.wide');
  const paying = new URL(page.url()).pathname;
  await fill({ card_number: '4242424242424242', exp_month: '12', exp_year: '2040', cvc: '123' });
  await submit('form.form button.wide');
  const order = new URL(page.url());
  await add();
  await page.setJavaScriptEnabled(true);
  return [paying, order.pathname + order.search];
}

// kindOf is what pages of the same template share: /products/full-moon-table-lamp and
// /products/campana-pendant are both /products/*.
function kindOf(path) {
  const steps = path.split('/');
  const fixed = steps[1] === 'console' ? 3 : 2;
  return steps.map((step, i) => (i < fixed || step === '' || /^[a-z-]+$/.test(step) && ['account', 'api'].includes(steps[1]) ? step : '*')).join('/');
}

// everyPage follows the links of the shop and of the console, and has axe look at one
// page of each kind: on a phone and a desk, light and dark.
async function everyPage(page, unlinked) {
  const looks = [];
  for (const [width, height] of [[360, 780], [1280, 900]]) {
    for (const scheme of ['light', 'dark']) looks.push({ width, height, scheme });
  }
  const start = ['/', '/search?q=teapot', '/cart', '/checkout', '/login', '/signup', '/forgot', '/account', '/console', '/console/login', '/api/v1/docs', '/no-such-page', ...unlinked];
  const found = new Map(start.map((path) => [kindOf(path.split('?')[0]), path]));
  const violations = new Map(); // what is wrong where, and in which looks
  for (const [kind, path] of found) { // grows while it is walked
    for (const { width, height, scheme } of looks) {
      await page.setViewport({ width, height });
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      const answer = await page.goto(shop.base + path, { waitUntil: 'load' });
      if (kind.startsWith('/console') && answer.headers()['content-type']?.startsWith('text/html')) {
        const bytes = (await answer.buffer()).length;
        if (bytes > heaviest) problems.push(`${path} has ${bytes} bytes`);
      }
      await page.evaluate(axe);
      const result = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
      for (const v of result.violations) {
        const text = `axe: ${path}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join(' · ')}`;
        violations.set(text, [...(violations.get(text) ?? []), `${width} px ${scheme}`]);
      }
      if (process.env.SHOTS) {
        const name = `${path.split('?')[0].slice(1).replaceAll('/', '-') || 'home'}-${width}-${scheme}.png`;
        await page.screenshot({ path: join(process.env.SHOTS, name), fullPage: true });
      }
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (wide > 0) problems.push(`${path} (${width} px): ${wide} px wider than the window`);
    }
    const links = await page.$$eval('a[href]', (all) => all.map((a) => new URL(a.getAttribute('href'), document.baseURI).href));
    for (const link of links) {
      const url = new URL(link);
      if (url.origin !== shop.base || /\.(csv|json|svg|xml|mmd|txt|jpg|png|webp)$|\/export$/.test(url.pathname)) continue;
      const k = kindOf(url.pathname);
      if (!found.has(k)) found.set(k, url.pathname + url.search);
    }
  }
  for (const [text, where] of violations) problems.push(`${text} (${where.join(', ')})`);
  console.log(`axe on ${found.size} kinds of pages, each on a phone and a desk, light and dark: ${violations.size} violations`);
  console.log('  ' + [...found.values()].join(' '));
}

// mainPages has Lighthouse look at the pages that shoppers pass through.
async function mainPages(page) {
  await page.emulateMediaFeatures([]);
  await page.goto(shop.base);
  const category = await page.$eval('a[href^="/c/"]', (a) => a.pathname);
  const pages = ['/', category, '/products/full-moon-table-lamp', '/cart', '/checkout', '/account'];
  const categories = ['performance', 'accessibility', 'best-practices', 'seo'];
  console.log(`Lighthouse${' '.repeat(20)}${categories.map((c) => c.padStart(16)).join('')}`);
  for (const [where, config] of [['phone', undefined], ['desk', desktopConfig]]) {
    for (const path of pages) {
      // Pages of one person ask not to be found, which SEO would take for a mistake.
      const own = ['/cart', '/checkout', '/account'].includes(path);
      let result, scores;
      for (let n = 0; n < tries && !(scores?.every((score) => score >= wanted)); n++) {
        const next = await lighthouse(shop.base + path, { logLevel: 'error', onlyCategories: categories, skipAudits: own ? ['is-crawlable'] : [], disableStorageReset: true }, config, page);
        const got = categories.map((c) => Math.round(next.lhr.categories[c].score * 100));
        if (!scores || got[0] > scores[0]) [result, scores] = [next, got];
      }
      console.log(`  ${where} ${path}`.padEnd(30) + scores.map((s) => String(s).padStart(16)).join(''));
      scores.forEach((score, i) => {
        if (score >= wanted) return;
        const category = result.lhr.categories[categories[i]];
        const bad = category.auditRefs.map((r) => result.lhr.audits[r.id]).filter((a) => a.score !== null && a.score < 0.9).map((a) => a.id + (a.displayValue ? ` (${a.displayValue})` : ''));
        problems.push(`Lighthouse: ${where} ${path}: ${categories[i]} ${score}: ${bad.join(', ')}`);
      });
    }
  }
}
