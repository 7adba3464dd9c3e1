// A plan travels from the municipality's planbro to the hospital's.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fixture, run, scratch, send, serve } from './planbro.mjs';

const system = 'https://fagsystem.bjorkeli.example/individuell-plan';
const planUrl = `CarePlan?identifier=${system}|IP-2026-0017`;
const hospital = '315500095';  // Nordmo sykehus HF, in the fixture's plan

// The plan of the man of 22, shared whole with the hospital, without end.
function sharedPlan() {
  const bundle = fixture('mann-22-cerebral-parese');
  const organization = bundle.entry.find(
    ({ resource }) => resource.resourceType === 'Organization' &&
                      resource.identifier[0].value === hospital);
  const sharing = bundle.entry.map(({ resource }) => resource).find(
    (resource) => resource.resourceType === 'Consent' && resource.provision?.provision);
  delete sharing.provision.period;
  sharing.provision.provision.push({
    type: 'permit',
    actor: [{
      role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
                         code: 'IRCP' }] },
      reference: { reference: organization.fullUrl, type: 'Organization' },
    }],
    code: sharing.provision.provision[0].code,
  });
  return bundle;
}

// What is equal in two servers: everything but ids, versions and the addresses of references.
function content(resource) {
  return JSON.stringify(resource, (key, value) => {
    if (key === 'id' || key === 'versionId' || key === 'lastUpdated') return undefined;
    if (key === 'reference' && typeof value === 'string') return value.split('/')[0];
    if (value && typeof value === 'object' && !Array.isArray(value))
      return Object.fromEntries(Object.entries(value).sort());
    return value;
  });
}

async function all(base, type) {
  const { body } = await send('GET', `${base}/${type}?_count=500`);
  return (body.entry ?? []).map(({ resource }) => resource);
}

async function oneByIdentifier(base, query) {
  const { body } = await send('GET', `${base}/${query}`);
  assert.equal(body.total, 1, query);
  return body.entry[0].resource;
}

const here = scratch();
const there = scratch();
let municipality;
let peer;
let port;

const sync = (...args) => run('sync', ...args, '--data', here.folder, '--output', 'json',
                              '--peer', `hospital=http://127.0.0.1:${port}/fhir`,
                              '--peer-organization', `hospital=${hospital}`);

before(async () => {
  municipality = await serve(here.folder);
  peer = await serve(there.folder);
  port = peer.port;
});
after(async () => {
  assert.equal(await municipality.stop(), 0);
  assert.equal(await peer.stop(), 0);
  here.remove();
  there.remove();
});

test('a plan arrives with equal content', async () => {
  const bundle = sharedPlan();
  const stored = await send('POST', municipality.base, bundle);
  assert.equal(stored.status, 200, stored.text);

  const { status, stdout, stderr } = sync('run');
  assert.equal(status, 0, stdout + stderr);
  assert.equal(JSON.parse(stdout).sent, 1);

  for (const type of ['CarePlan', 'CareTeam', 'Goal', 'Consent', 'Patient', 'Organization',
                      'Practitioner', 'PractitionerRole', 'RelatedPerson', 'Condition',
                      'Observation', 'Appointment', 'Communication']) {
    const ours = (await all(municipality.base, type)).map(content).sort();
    const theirs = (await all(peer.base, type)).map(content).sort();
    assert.ok(ours.length > 0, type);
    assert.deepEqual(theirs, ours, type);
  }
  const plan = await oneByIdentifier(peer.base, planUrl);
  const patient = await send('GET', `${peer.base}/${plan.subject.reference}`);
  assert.equal(patient.body.resourceType, 'Patient', 'references lead to the peer\'s resources');
});

test('sending again makes no new version', async () => {
  const again = sync('run');
  assert.equal(again.status, 0, again.stderr);
  assert.equal(JSON.parse(again.stdout).sent, 0);
  const plan = await oneByIdentifier(peer.base, planUrl);
  assert.equal(plan.meta.versionId, '1');
});

test('a change is sent, and what did not change keeps its version', async () => {
  const goal = (await all(municipality.base, 'Goal'))[0];
  goal.description.text = 'Et nytt mål';
  const updated = await send('PUT', `${municipality.base}/Goal/${goal.id}`, goal);
  assert.equal(updated.status, 200, updated.text);
  assert.equal(JSON.parse(sync('run').stdout).sent, 1);
  const { system: s, value } = goal.identifier[0];
  const theirs = await oneByIdentifier(peer.base, `Goal?identifier=${s}|${value}`);
  assert.equal(theirs.description.text, 'Et nytt mål');
  assert.equal(theirs.meta.versionId, '2');
  const plan = await oneByIdentifier(peer.base, planUrl);
  assert.equal(plan.meta.versionId, '1');
});

test('what the peer changed itself is not overwritten', async () => {
  const theirs = await oneByIdentifier(peer.base, planUrl);
  theirs.title = 'Endret på sykehuset';
  assert.equal((await send('PUT', `${peer.base}/CarePlan/${theirs.id}`, theirs)).status, 200);
  const ours = await oneByIdentifier(municipality.base, planUrl);
  ours.title = 'Endret i kommunen';
  assert.equal((await send('PUT', `${municipality.base}/CarePlan/${ours.id}`, ours)).status, 200);

  assert.equal(sync('run').status, 1);
  assert.equal((await oneByIdentifier(peer.base, planUrl)).title, 'Endret på sykehuset');
  const conflicts = sync('conflicts');
  assert.equal(conflicts.status, 1);
  assert.equal(JSON.parse(conflicts.stdout).kind, 'conflict');

  assert.equal(sync('conflicts', '--keep-ours', ours.id).status, 0);
  assert.equal(sync('run').status, 0);
  assert.equal((await oneByIdentifier(peer.base, planUrl)).title, 'Endret i kommunen');
});

test('the peer may be down, and gets everything when it is back', async () => {
  assert.equal(await peer.stop(), 0);
  const ours = await oneByIdentifier(municipality.base, planUrl);
  ours.title = 'Mens sykehuset var nede';
  assert.equal((await send('PUT', `${municipality.base}/CarePlan/${ours.id}`, ours)).status, 200);
  const down = sync('run', '--attempts', '1');
  assert.equal(down.status, 2);
  assert.match(JSON.parse(down.stdout).stopped, /nobody takes the connection/);
  assert.notEqual(JSON.parse(sync('status').stdout).failingSince, '');

  peer = await serve(there.folder, `127.0.0.1:${port}`);
  assert.equal(sync('run').status, 0);
  assert.equal(JSON.parse(sync('status').stdout).failingSince, '');
  assert.equal((await oneByIdentifier(peer.base, planUrl)).title, 'Mens sykehuset var nede');
});

test('a withdrawn consent keeps the plan at home', async () => {
  const sharing = (await all(municipality.base, 'Consent')).find(
    (consent) => consent.provision?.provision);
  sharing.status = 'inactive';
  const put = await send('PUT', `${municipality.base}/Consent/${sharing.id}`, sharing);
  assert.equal(put.status, 200, put.text);
  const held = sync('run');
  assert.equal(held.status, 1);
  const [open] = sync('conflicts').stdout.trim().split('\n').map((line) => JSON.parse(line));
  assert.equal(open.kind, 'held-back');
  assert.equal((await all(peer.base, 'Consent')).filter(
    ({ status }) => status === 'inactive').length, 0);
});
