// Resources a second of other people's validators: node validation.mjs FOLDER SECONDS
// One JSON line a validator. The resources are parsed once and validated once before measuring.
import { createRequire } from 'node:module';
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { definitionsFolder, processorTime, readJson, resourcesBelow } from './common.mjs';

const require = createRequire(import.meta.url);
const { Fhir } = require('fhir');

const [folder, seconds] = process.argv.slice(2);
for (const name of ['profiles-types.json', 'profiles-resources.json'])
  indexStructureDefinitionBundle(readJson(`${definitionsFolder}/${name}`));
const fhir = new Fhir();

// Each says whether it found an error.
const validators = {
  '@medplum/core': (resource) => {
    try {
      validateResource(resource);
      return false;
    } catch {
      return true;
    }
  },
  fhir: (resource) => {
    try {
      return !fhir.validate(resource).valid;
    } catch {
      return true;
    }
  },
};

const resources = resourcesBelow(folder);
const silent = console.log;
for (const [validator, hasErrors] of Object.entries(validators)) {
  console.log = () => {};
  const flagged = resources.filter(hasErrors).length;
  const start = processorTime();
  let rounds = 0;
  while (processorTime() - start < seconds * 1000) {
    for (const resource of resources) hasErrors(resource);
    rounds++;
  }
  const perSecond = (rounds * resources.length * 1000) / (processorTime() - start);
  console.log = silent;
  console.log(JSON.stringify({ validator, resources: resources.length, perSecond, flagged }));
}
