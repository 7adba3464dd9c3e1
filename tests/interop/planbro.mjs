// planbro as a program, for tests that see it from outside: servers on free ports of loopback,
// data in scratch folders. The program is named by PLANBRO.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = process.env.PLANBRO;
const source = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export function scratch() {
  const folder = mkdtempSync(join(tmpdir(), 'planbro-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

// The expected FHIR of a fixture, as the import makes it.
export function fixture(name) {
  return JSON.parse(
    readFileSync(join(source, 'fixtures', 'plans', name, 'expected', 'bundle.json'), 'utf8'));
}

// Runs a command to its end.
export function run(...args) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

// Starts `planbro serve` and waits until it says where it listens. `config`: lines of its configuration.
export async function serve(data, listen = '127.0.0.1:0', config = []) {
  const configuration = join(data, 'planbro.yaml');
  writeFileSync(configuration, config.map((line) => line + '\n').join(''));
  const child = spawn(
    program, ['serve', '--data', data, '--listen', listen, '--config', configuration]);
  let output = '';
  let errors = '';
  child.stderr.on('data', (text) => { errors += text; });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const base = await new Promise((resolve, reject) => {
    child.stdout.on('data', (text) => {
      output += text;
      const said = output.match(/^FHIR +(http\S+)\n/m);
      if (said) resolve(said[1]);
    });
    ended.then((code) => reject(new Error(`planbro serve ended with ${code}: ${errors}`)));
  });
  return {
    base,
    port: new URL(base).port,
    // Asks for a graceful end and gives the exit status.
    stop: () => { child.kill('SIGTERM'); return ended; },
  };
}

export async function send(method, url, body, headers = {}) {
  const response = await fetch(url, {
    method,
    headers: { 'Content-Type': 'application/fhir+json', ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text,
           body: text.startsWith('{') ? JSON.parse(text) : undefined };
}
