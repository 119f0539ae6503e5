// A shop to look at: its own data directory, ports nobody else uses, and an administrator.
import { spawn, execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync, openSync, closeSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const freePort = () => new Promise((resolve, reject) => {
  const s = createServer().on('error', reject).listen(0, '127.0.0.1', () => {
    const { port } = s.address();
    s.close(() => resolve(port));
  });
});

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// What the auditor logs in with. It opens nothing but the shop made here.
export const auditor = { email: 'auditor@example.org', password: 'three lamps and a teapot' };

// openShop starts program, with more lines for its configuration if they are given, and
// answers { base, close, run } once it shows the product that is bought. run gives it a
// command.
export async function openShop(program, more = '') {
  const home = mkdtempSync(join(tmpdir(), 'galleria-audit-'));
  const [http, admin, rpc] = [await freePort(), await freePort(), await freePort()];
  const base = `http://localhost:${http}`;
  const config = join(home, 'galleria.yaml');
  // An audit asks for more pages in a minute than a shopper.
  writeFileSync(config, `data: ${join(home, 'data')}
http: {listen: "127.0.0.1:${http}", base_url: "${base}", limits: {requests: 1000000, carts: 1000}}
admin: {listen: "127.0.0.1:${admin}"}
rpc: {listen: "127.0.0.1:${rpc}"}
${more}`);
  const log = openSync(join(home, 'log'), 'w');
  const shop = spawn(program, ['serve', '--config', config], { stdio: ['ignore', log, log] });
  closeSync(log);
  const gone = new Promise((resolve) => shop.once('exit', resolve));
  const run = (...args) => execFileSync(program, [...args, '--config', config], { input: auditor.password + '\n', encoding: 'utf8' });
  const close = async () => {
    shop.kill('SIGTERM');
    await gone;
    rmSync(home, { recursive: true, force: true });
  };
  try {
    for (const end = Date.now() + 60_000; ;) {
      const product = await fetch(base + '/products/full-moon-table-lamp').then((r) => r.ok, () => false);
      if (product) break;
      if (Date.now() > end || shop.exitCode !== null) throw new Error(`the shop does not show its products; its log is in ${home}`);
      await wait(200);
    }
    run('admin', 'create', '--email', auditor.email);
  } catch (err) {
    shop.kill('SIGTERM');
    await gone;
    throw err;
  }
  return { base, close, run };
}

// codeOf is what an authenticator program shows for a secret just now (RFC 6238).
export function codeOf(secret) {
  const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac('sha1', key).update(step).digest();
  const at = hash[hash.length - 1] & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
