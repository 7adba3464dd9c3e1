// fhirclient, the JavaScript library of SMART apps, as its users call it, against planbro serve.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import smart from 'fhirclient';
import { fixture, scratch, send, serve } from '../planbro.mjs';

const data = scratch();
let server;
let client;

before(async () => {
  server = await serve(data.folder, '127.0.0.1:0', [
    'smart:',
    '  authorization_endpoint: https://login.example.no/authorize',
    '  token_endpoint: https://login.example.no/token',
  ]);
  // The library wants a request and a session around; a server address is all it needs here.
  const request = { headers: {}, url: '/', socket: {}, session: {} };
  const stored = new Map();
  const storage = {
    get: async (key) => stored.get(key),
    set: async (key, value) => { stored.set(key, value); return value; },
    unset: async (key) => stored.delete(key),
  };
  client = smart(request, {}, storage).client(server.base);
  const made = await send('POST', server.base, fixture('mann-22-cerebral-parese'));
  assert.equal(made.status, 200, made.text);
});
after(async () => {
  assert.equal(await server.stop(), 0, 'ends cleanly on SIGTERM');
  data.remove();
});

async function statusOf(promise) {
  try {
    await promise;
    return 200;
  } catch (error) {
    return error.status ?? error.statusCode;
  }
}

test('the server says which FHIR it speaks and where to log in', async () => {
  assert.equal(await client.getFhirVersion(), '4.0.1');
  assert.equal(await client.getFhirRelease(), 4);
  const discovery = await client.request('.well-known/smart-configuration');
  assert.equal(discovery.token_endpoint, 'https://login.example.no/token');
  assert.ok(discovery.code_challenge_methods_supported.includes('S256'));
});

test('create, request, update, patch, delete', async () => {
  const made = await client.create({
    resourceType: 'Practitioner', name: [{ family: 'Øye', given: ['Åse'] }] });
  assert.ok(made.id);
  const read = await client.request(`Practitioner/${made.id}`);
  assert.equal(client.getPath(read, 'name.0.family'), 'Øye');
  const updated = await client.update({ ...read, gender: 'female' });
  assert.equal(updated.meta.versionId, '2');
  const patched = await client.patch(`Practitioner/${made.id}`, [
    { op: 'replace', path: '/gender', value: 'unknown' }]);
  assert.equal(patched.gender, 'unknown');
  assert.equal(patched.meta.versionId, '3');
  await client.delete(`Practitioner/${made.id}`);
  assert.equal(await statusOf(client.request(`Practitioner/${made.id}`)), 410);
  assert.equal(await statusOf(client.request('Practitioner/nobody')), 404);
});

test('request gives status and headers where asked for', async () => {
  const { body, response } = await client.request(
    { url: 'CarePlan', includeResponse: true });
  assert.equal(body.type, 'searchset');
  assert.match(response.headers.get('Content-Type'), /^application\/fhir\+json/);
});

test('pages are crawled, flat', async () => {
  const goals = await client.request('Goal?_count=2', { flat: true, pageLimit: 0 });
  assert.ok(goals.length > 4, `${goals.length} goals`);
  assert.equal(new Set(goals.map(({ id }) => id)).size, goals.length);
  let pages = 0;
  for await (const page of client.pages('Goal?_count=2')) {
    assert.equal(page.resourceType, 'Bundle');
    ++pages;
  }
  assert.equal(pages, Math.ceil(goals.length / 2));
  const seen = [];
  for await (const resource of client.resources('Goal?_count=2', { limit: 3 })) seen.push(resource);
  assert.equal(seen.length, 3);
});

test('references are resolved', async () => {
  const [plan] = await client.request('CarePlan?status=active', { flat: true });
  const whole = await client.request(`CarePlan/${plan.id}`, {
    resolveReferences: ['subject', 'goal', 'careTeam'] });
  assert.equal(whole.subject.resourceType, 'Patient');
  assert.ok(whole.goal.every(({ resourceType }) => resourceType === 'Goal'));
  const references = await client.getReferences(plan, ['subject']);
  assert.deepEqual(Object.keys(references), [plan.subject.reference]);
});
