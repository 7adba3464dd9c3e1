// Puts the figures of one run side by side: node report.mjs FOLDER [SUITES]; see run.sh.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readJson } from './common.mjs';

const [folder, suites] = process.argv.slice(2);
const lines = (name) =>
  existsSync(join(folder, name))
    ? readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line))
    : [];
const whole = (number) => Math.round(number).toLocaleString('en');

// Ours was measured before and after the others; the slower run counts.
function ours(prefix, pick) {
  const runs = [1, 2].map((n) => join(folder, `${prefix}-${n}.json`)).filter(existsSync);
  const values = runs.flatMap((file) => readJson(file).benchmarks).filter((b) => !b.error_occurred);
  const wanted = values.map(pick).filter((value) => value !== undefined);
  return wanted.length ? wanted.reduce((a, b) => (a.perSecond < b.perSecond ? a : b)) : undefined;
}

function table(title, own, peers, nameOf) {
  console.log(`\n${title}`);
  const fastest = Math.max(...peers.map((peer) => peer.perSecond));
  for (const peer of peers) {
    const note = [peer.refused && `${peer.refused} refused`, peer.flagged !== undefined && `${peer.flagged} flagged`];
    console.log(`  ${nameOf(peer).padEnd(16)}${whole(peer.perSecond).padStart(12)}/s  ${note.filter(Boolean).join(', ')}`);
  }
  if (!own) return;
  const ratio = (own.perSecond / fastest).toFixed(1);
  console.log(`  ${'planbro'.padEnd(16)}${whole(own.perSecond).padStart(12)}/s  ${own.note}; ${ratio} times the fastest`);
}

const engines = lines('fhirpath.jsonl');
for (const file of new Set(engines.map((line) => line.file))) {
  const label = /care-?plan/i.test(file) ? 'CarePlan' : 'Patient';
  table(
    `FHIRPath: evaluations of bench/fhirpath/invariants.tsv on ${file}`,
    ours('fhirpath', (b) =>
      b.label === label
        ? { perSecond: b.items_per_second, note: `${b.allocations.toFixed(2)} allocations each` }
        : undefined
    ),
    engines.filter((line) => line.file === file),
    (line) => line.engine
  );
}

const validators = [...lines('validation.jsonl'), ...lines('java.jsonl')];
if (validators.length) {
  table(
    `Validation: ${validators[0].resources} resources of ${basename(suites)}/examples, parsed and warm, one core`,
    ours('validation', (b) => ({ perSecond: b['resources/s'], note: `${b.flagged} flagged` })),
    validators,
    (line) => line.validator
  );
}

const java = new Map(lines('java-validator.jsonl').map((line) => [line.id, line]));
if (java.size) {
  const planbro = new Map(lines('validator.jsonl').map((line) => [line.id, line]));
  const valid = (line) => !line?.crash && !line?.issues?.some((i) => /error|fatal/.test(i.severity));
  const count = { java: 0, planbro: 0, both: 0 };
  for (const check of readJson(join(suites, 'validator/manifest.json')).checks) {
    if (!java.has(check.id)) continue;
    const [theirs, own] = [valid(java.get(check.id)), valid(planbro.get(check.id))];
    count.java += theirs === check.expected.valid;
    count.planbro += own === check.expected.valid;
    count.both += theirs === own;
  }
  const share = (n) => `${n} of ${java.size} (${((100 * n) / java.size).toFixed(1)} %)`;
  console.log(`\nValidator suite, its cases with nothing to load and no options: valid or not`);
  console.log(`  HL7 Java as the suite expects   ${share(count.java)}`);
  console.log(`  planbro as the suite expects    ${share(count.planbro)}`);
  console.log(`  HL7 Java and planbro alike      ${share(count.both)}`);
}
