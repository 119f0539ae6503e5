// Makes the pictures of the console that the README shows, of a shop in which people have
// bought: node pictures.mjs PROGRAM CHROMIUM FOLDER. `make pictures` runs it.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import { openShop, auditor, codeOf } from './shop.mjs';

const [program, chromium, folder] = process.argv.slice(2);
const largest = 100 * 1024; // bytes of a picture

// Who buys what, from where. Most pay by card; two leave before they have.
const buyers = [
  ['Ana Carvalho', 'Rua das Flores 12', '4050-262', 'Porto', 'PT', ['meadow-stoneware-mug', 'bluebell-stovetop-kettle']],
  ['Jonas Weber', 'Lindenallee 4', '50668', 'Köln', 'DE', ['aria-arc-floor-lamp']],
  ['Chloé Martin', '8 rue du Port', '44000', 'Nantes', 'FR', ['sunday-casserole', 'nesting-bowls']],
  ['Mateusz Nowak', 'Długa 31', '80-831', 'Gdańsk', 'PL', ['linen-notebook', 'consul-fountain-pen']],
  ['Eva Lindqvist', 'Strandvägen 9', '114 56', 'Stockholm', 'SE', ['full-moon-table-lamp'], 'leaves'],
  ['Giulia Ricci', 'Via Garibaldi 2', '40124', 'Bologna', 'IT', ['mattina-moka-pot', 'meadow-stoneware-mug']],
  ['Lukas Gruber', 'Salzgasse 17', '5020', 'Salzburg', 'AT', ['harbour-lantern']],
  ['Sofia Castro', 'Calle Mayor 40', '37001', 'Salamanca', 'ES', ['porcino-table-lamp', 'brass-chamberstick']],
  ['Emma de Vries', 'Oude Gracht 110', '3511', 'Utrecht', 'NL', ['campana-pendant']],
  ['Niamh Byrne', '3 Quay Street', 'H91', 'Galway', 'IE', ['draughtsman-desk-lamp'], 'leaves'],
  ['Tomáš Dvořák', 'Husova 5', '602 00', 'Brno', 'CZ', ['bishop-pepper-mill', 'saturday-cafetiere']],
  ['Aino Virtanen', 'Aleksanterinkatu 7', '33100', 'Tampere', 'FI', ['piazza-festoon-lights']],
];

// Every trace is kept, so that there is one of a checkout to show.
const shop = await openShop(program, `tracing: {keep: 1}
`);
const browser = await puppeteer.launch({
  executablePath: chromium, headless: true,
  args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  for (const buyer of buyers) await buy(...buyer);
  const open = JSON.parse(shop.run('orders', 'list', '--status', 'open', '--json'));
  for (const o of open.slice(-4)) shop.run('orders', 'ship', o.number, '--carrier', 'DHL', '--tracking', '0034' + o.number.replace(/\W/g, ''));
  shop.run('orders', 'refund', open[open.length - 1].number, '--amount', '5.00', '--reason', 'a scratch');

  const page = await logIn();
  await page.setViewport({ width: 1280, height: 800 });
  mkdirSync(folder, { recursive: true });
  await shoot(page, 'orders', '/console/orders', 'light');
  await shoot(page, 'room', '/console/rooms/orders', 'light');
  await page.goto(shop.base + '/console/traces?q=' + encodeURIComponent('POST /checkout'));
  await shoot(page, 'trace', await page.$eval('main a[href^="/console/traces/"]', (a) => a.pathname), 'light');
  await shoot(page, 'numbers', '/console/numbers', 'dark');
} finally {
  await browser.close();
  await shop.close();
}

// quiet is a page of a person of its own, whose forms are sent as they are without our
// script.
async function quiet() {
  const page = await (await browser.createBrowserContext()).newPage();
  await page.setJavaScriptEnabled(false);
  return page;
}

async function submit(page, selector) {
  await Promise.all([page.waitForNavigation(), page.$eval(selector, (button) => button.form.requestSubmit(button))]);
}

async function fill(page, fields) {
  for (const [name, value] of Object.entries(fields)) {
    await page.$eval(`[name=${name}]`, (field, v) => { field.value = v; }, value);
  }
}

async function buy(name, line1, postal_code, city, country, products, leaves) {
  const page = await quiet();
  for (const product of products) {
    await page.goto(`${shop.base}/products/${product}`);
    await submit(page, 'form[action="/cart/items"] button[type=submit]');
  }
  await page.goto(`${shop.base}/checkout?country=${country}`);
  const email = name.normalize('NFD').toLowerCase().replace(/[^a-z ]/g, '').replaceAll(' ', '.') + '@example.org';
  await fill(page, { email, name, line1, city, postal_code });
  await submit(page, 'form[action="/checkout"] button.wide');
  if (!leaves) {
    await fill(page, { card_number: '4242424242424242', exp_month: '12', exp_year: '2040', cvc: '123' });
    await submit(page, 'form.form button.wide');
  }
  await page.browserContext().close();
}

// logIn is a page of the administrator, who has given the code of the second factor.
async function logIn() {
  const page = await quiet();
  await page.goto(shop.base + '/login');
  await fill(page, auditor);
  await submit(page, 'form.form button[type=submit]');
  await page.goto(shop.base + '/account/second-factor');
  await fill(page, { password: auditor.password });
  await submit(page, 'form.form button[type=submit]');
  await fill(page, { code: codeOf(await page.$eval('[name=secret]', (field) => field.value)) });
  await submit(page, 'form.form button[type=submit]');
  await page.setJavaScriptEnabled(true);
  return page;
}

async function shoot(page, name, path, scheme) {
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  const answer = await page.goto(shop.base + path, { waitUntil: 'load' });
  if (!answer.ok()) throw new Error(`${path}: ${answer.status()}`);
  const file = join(folder, `console-${name}.webp`);
  await page.screenshot({ path: file, type: 'webp', quality: 80 });
  const { size } = statSync(file);
  if (size > largest) throw new Error(`${file} has ${size} bytes`);
  console.log(`${file}: ${size} bytes`);
}
