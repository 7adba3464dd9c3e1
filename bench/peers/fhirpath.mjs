// Invariants a second of other people's engines: node fhirpath.mjs INVARIANTS.tsv SECONDS FILE…
// One JSON line an engine and file. Every expression is parsed once; the resource is parsed once.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { createRequire } from 'node:module';
import { evalFhirPathTyped, indexStructureDefinitionBundle, parseFhirPath, toTypedValue } from '@medplum/core';
import { definitionsFolder, processorTime, readJson } from './common.mjs';

const require = createRequire(import.meta.url);
const fhirpath = require('fhirpath');
const r4 = require('fhirpath/fhir-context/r4');

const [invariantsFile, seconds, ...files] = process.argv.slice(2);
const expressions = readFileSync(invariantsFile, 'utf8')
  .split('\n')
  .filter((line) => line && !line.startsWith('#'))
  .map((line) => line.slice(line.indexOf('\t') + 1));

for (const name of ['profiles-types.json', 'profiles-resources.json'])
  indexStructureDefinitionBundle(readJson(`${definitionsFolder}/${name}`));

const engines = {
  'fhirpath.js': (resource) =>
    expressions.map((text) => {
      const compiled = fhirpath.compile(text, r4, { traceFn: () => {} });
      return () => compiled(resource, { resource, rootResource: resource });
    }),
  '@medplum/core': (resource) => {
    const input = [toTypedValue(resource)];
    const variables = { '%resource': input[0], '%rootResource': input[0] };
    return expressions.map((text) => {
      const atom = parseFhirPath(text);
      return () => evalFhirPathTyped(atom, input, variables);
    });
  },
};

for (const file of files) {
  for (const [engine, prepare] of Object.entries(engines)) {
    const silent = console.log;
    console.log = () => {}; // trace()
    const programs = [];
    let refused = 0;
    for (const run of prepare(readJson(file))) {
      try {
        run();
        programs.push(run);
      } catch {
        refused++;
      }
    }
    const round = () => {
      for (const run of programs) run();
    };
    const measure = (milliseconds) => {
      const start = processorTime();
      let rounds = 0;
      while (processorTime() - start < milliseconds) {
        round();
        rounds++;
      }
      return (rounds * programs.length * 1000) / (processorTime() - start);
    };
    measure(seconds * 500); // warm
    const perSecond = measure(seconds * 1000);
    console.log = silent;
    console.log(JSON.stringify({ engine, file: basename(file), perSecond, refused }));
  }
}
