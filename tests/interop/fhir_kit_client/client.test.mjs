// fhir-kit-client, as its users call it, against planbro serve.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import FhirKitClient from 'fhir-kit-client';
import { fixture, scratch, send, serve } from '../planbro.mjs';

const Client = FhirKitClient.default ?? FhirKitClient;
const data = scratch();
let server;
let client;

const goal = (patient, text) => ({
  resourceType: 'Goal',
  identifier: [{ system: 'urn:test', value: text }],
  lifecycleStatus: 'active',
  description: { text },
  subject: { reference: `Patient/${patient}` },
});

async function statusOf(promise) {
  try {
    await promise;
    return 200;
  } catch (error) {
    return error.response?.status;
  }
}

before(async () => {
  server = await serve(data.folder);
  client = new Client({ baseUrl: server.base });
});
after(async () => {
  assert.equal(await server.stop(), 0, 'ends cleanly on SIGTERM');
  data.remove();
});

test('capability statement', async () => {
  const statement = await client.capabilityStatement();
  assert.equal(statement.resourceType, 'CapabilityStatement');
  assert.equal(statement.fhirVersion, '4.0.1');
  const types = statement.rest[0].resource.map(({ type }) => type);
  for (const type of ['CarePlan', 'CareTeam', 'Goal', 'Consent', 'Patient'])
    assert.ok(types.includes(type), type);
});

test('create, read, update with If-Match, history', async () => {
  const patient = await client.create({
    resourceType: 'Patient',
    body: { resourceType: 'Patient', name: [{ family: 'Ås', given: ['Bjørn'] }] },
  });
  assert.ok(patient.id);
  const read = await client.read({ resourceType: 'Patient', id: patient.id });
  assert.equal(read.name[0].family, 'Ås');
  assert.equal(read.meta.versionId, '1');

  const changed = { ...read, gender: 'male' };
  const updated = await client.update({
    resourceType: 'Patient', id: read.id, body: changed,
    options: { headers: { 'If-Match': 'W/"1"' } },
  });
  assert.equal(updated.meta.versionId, '2');
  assert.equal(await statusOf(client.update({
    resourceType: 'Patient', id: read.id, body: { ...changed, gender: 'female' },
    options: { headers: { 'If-Match': 'W/"1"' } },
  })), 412, 'an old version is refused');

  const first = await client.vread({ resourceType: 'Patient', id: read.id, version: '1' });
  assert.equal(first.gender, undefined);
  const history = await client.history({ resourceType: 'Patient', id: read.id });
  assert.deepEqual(history.entry.map(({ resource }) => resource.meta.versionId), ['2', '1']);
  assert.equal(await statusOf(client.read({ resourceType: 'Patient', id: 'nobody' })), 404);
});

test('transaction, search with a token and paging', async () => {
  const answer = await client.transaction({ body: fixture('mann-22-cerebral-parese') });
  assert.equal(answer.type, 'transaction-response');
  assert.ok(answer.entry.every(({ response }) => response.status.startsWith('201')));

  const found = await client.search({
    resourceType: 'CarePlan',
    searchParams: {
      identifier: 'https://fagsystem.bjorkeli.example/individuell-plan|IP-2026-0017',
      _include: 'CarePlan:goal',
    },
  });
  assert.equal(found.total, 1);
  const types = found.entry.map(({ resource }) => resource.resourceType);
  assert.equal(types[0], 'CarePlan');
  assert.ok(types.includes('Goal'));

  const patient = found.entry[0].resource.subject.reference.split('/')[1];
  for (const text of ['a', 'b', 'c'])
    await client.create({ resourceType: 'Goal', body: goal(patient, text) });
  let page = await client.search({
    resourceType: 'Goal', searchParams: { subject: `Patient/${patient}`, _count: 4 } });
  const ids = new Set();
  let pages = 0;
  for (; page; page = await client.nextPage({ bundle: page })) {
    ++pages;
    page.entry.forEach(({ resource }) => ids.add(resource.id));
  }
  assert.ok(pages >= 3, `${pages} pages`);
  assert.equal(ids.size, 9);
  assert.equal(await statusOf(client.search({
    resourceType: 'Goal', searchParams: { subjct: 'x' } })), 400, 'unknown parameters are errors');
});

test('the same transaction again makes no new version', async () => {
  await client.transaction({ body: fixture('mann-22-cerebral-parese') });
  const found = await client.search({
    resourceType: 'CarePlan', searchParams: { status: 'active' } });
  assert.equal(found.entry[0].resource.meta.versionId, '1');
});

test('patch, batch, conditional update, delete', async () => {
  const made = await client.create({
    resourceType: 'Practitioner', body: {
      resourceType: 'Practitioner', identifier: [{ system: 'urn:test', value: 'd' }] } });
  const patched = await client.patch({
    resourceType: 'Practitioner', id: made.id,
    JSONPatch: [{ op: 'add', path: '/gender', value: 'female' }],
    options: { headers: { 'If-Match': 'W/"1"' } },
  });
  assert.equal(patched.gender, 'female');
  const updated = await client.update({
    resourceType: 'Practitioner', searchParams: { identifier: 'urn:test|d' },
    body: { resourceType: 'Practitioner', identifier: [{ system: 'urn:test', value: 'd' }] },
  });
  assert.equal(updated.id, made.id);
  assert.equal(updated.meta.versionId, '3');
  const batch = await client.batch({ body: { resourceType: 'Bundle', type: 'batch', entry: [
    { request: { method: 'GET', url: `Practitioner/${made.id}` } },
    { request: { method: 'GET', url: 'Practitioner/nobody' } },
  ] } });
  assert.deepEqual(batch.entry.map(({ response }) => response.status.slice(0, 3)), ['200', '404']);
  await client.delete({ resourceType: 'Practitioner', id: made.id });
  assert.equal(await statusOf(client.read({ resourceType: 'Practitioner', id: made.id })), 410);
});

test('histories, compartment, pages back, search by POST, operations, resolve', async () => {
  assert.equal((await client.systemHistory()).type, 'history');
  assert.equal((await client.typeHistory({ resourceType: 'CarePlan' })).type, 'history');
  const plans = await client.resourceSearch({
    resourceType: 'CarePlan', searchParams: { status: 'active' }, options: { postSearch: true } });
  const plan = plans.entry[0].resource;
  const id = plan.subject.reference.split('/')[1];
  assert.equal((await client.resourceHistory({ resourceType: 'CarePlan', id: plan.id })).total, 1);
  const goals = await client.compartmentSearch({
    resourceType: 'Goal', compartment: { resourceType: 'Patient', id } });
  assert.ok(goals.total >= 4);
  const everywhere = await client.systemSearch({ searchParams: { _id: id, _type: 'Patient' } });
  assert.equal(everywhere.total, 1);
  const everything = await client.operation({
    name: 'everything', resourceType: 'Patient', id });
  assert.ok(everything.entry.length > 5);
  const goalsAlone = await client.operation({
    name: 'everything', resourceType: 'Patient', id, input: {
      resourceType: 'Parameters', parameter: [{ name: '_type', valueCode: 'Goal' }] } });
  assert.ok(goalsAlone.entry.some(({ resource }) => resource.resourceType === 'Goal'));
  assert.ok(goalsAlone.entry.every(({ resource }) => resource.resourceType !== 'CarePlan'));
  const outcome = await client.operation({
    name: 'validate', resourceType: 'Goal', input: { resourceType: 'Goal' } });
  assert.equal(outcome.resourceType, 'OperationOutcome');
  const person = await client.resolve({ reference: plan.subject.reference });
  assert.equal(person.id, id);
});

test('XML', async () => {
  const created = await fetch(`${server.base}/Patient`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/fhir+xml', Accept: 'application/fhir+xml',
               Prefer: 'return=representation' },
    body: '<Patient xmlns="http://hl7.org/fhir"><birthDate value="2001-02-03"/></Patient>',
  });
  const text = await created.text();
  assert.equal(created.status, 201, text);
  assert.match(created.headers.get('Content-Type'), /^application\/fhir\+xml/);
  assert.match(text, /<birthDate value="2001-02-03"\/>/);
  const id = created.headers.get('Location').match(/Patient\/([^/]+)/)[1];
  assert.equal((await client.read({ resourceType: 'Patient', id })).birthDate, '2001-02-03');
});

test('HEAD, and OperationOutcome for what is nowhere', async () => {
  const head = await fetch(`${server.base}/metadata`, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(await head.text(), '');
  const bad = await send('GET', `${server.base}/Patient/1/2/3/4`);
  assert.equal(bad.body.resourceType, 'OperationOutcome');
});

test('a name that is not this machine\'s is turned away', async () => {
  const status = await new Promise((resolve, reject) => {
    request(`${server.base}/metadata`, { headers: { Host: 'evil.example' } },
            (response) => { response.resume(); resolve(response.statusCode); })
      .on('error', reject).end();
  });
  assert.equal(status, 421);
});
