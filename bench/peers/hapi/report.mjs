// Medians over rounds of the workload, ours beside HAPI's: report.mjs OURS… -- THEIRS…
import { readFileSync } from 'node:fs';

const files = process.argv.slice(2);
const middle = files.indexOf('--');
const read = (names) => names.map((name) => JSON.parse(readFileSync(name, 'utf8')));
const ours = read(files.slice(0, middle));
const theirs = read(files.slice(middle + 1));

function median(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return sorted.length === 0 ? undefined : sorted[Math.floor(sorted.length / 2)];
}

function figure(rounds, load, list, name, field) {
  return median(
    rounds.map((round) => {
      const rows = round.loads.find((one) => one.load === load)?.[list] ?? [];
      return rows.find((row) => row.name === name)?.[field];
    })
  );
}

const show = (value, digits) => (value === undefined ? '-' : value.toFixed(digits));
const line = (cells) => console.log(cells[0].padEnd(42) + cells.slice(1).map((cell) => cell.padStart(11)).join(''));

line(['median of ' + ours.length + ' rounds', 'ours /s', 'HAPI /s', 'ratio', 'ours p50', 'HAPI p50', 'ours p99', 'HAPI p99']);
for (const { load, verbs, queries } of ours[0].loads) {
  for (const [list, rows] of [['verbs', verbs], ['queries', queries]]) {
    for (const { name } of rows) {
      const cell = (rounds, field) => figure(rounds, load, list, name, field);
      const [a, b] = [cell(ours, 'perSecond'), cell(theirs, 'perSecond')];
      line([
        `${load} ${name}`, show(a, 0), show(b, 0), show(a / b, 1),
        show(cell(ours, 'p50Ms'), 2), show(cell(theirs, 'p50Ms'), 2),
        show(cell(ours, 'p99Ms'), 2), show(cell(theirs, 'p99Ms'), 2)
      ]);
    }
  }
}
for (const [who, rounds] of [['ours', ours], ['HAPI', theirs]]) {
  const sums = new Map();
  for (const round of rounds) {
    for (const { refused } of round.loads) {
      for (const { verb, about, status, count, example } of refused) {
        const key = `${verb} ${about} ${status || 'without answer'}`;
        sums.set(key, { count: (sums.get(key)?.count ?? 0) + count, example });
      }
    }
  }
  for (const [key, { count, example }] of sums) console.log(`refused by ${who}: ${key}: ${count} (${example})`);
}
