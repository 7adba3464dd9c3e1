// The person's plan, read from the feed as a FHIR document and shown in plain words.

const base = "https://planbro.no/fhir";
const nationalList = (number) => `urn:oid:2.16.578.1.12.4.1.1.${number}`;
const coordinatorRoles = new Set([`${nationalList(9034)}|8`, `${nationalList(9034)}|18`]);

let texts = {};
let language = localStorage.getItem("planbro-language") ?? "nb";

const t = (key, ...values) =>
  values.reduce((text, value, i) => text.replace(`{${i}}`, value), texts[language][key] ?? key);
const word = (group, code) => texts[language][group][code] ?? code ?? "";

// --- small pieces of page ---------------------------------------------------------------------

function element(name, { className, text, attributes = {} } = {}, ...children) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children.filter(Boolean));
  return node;
}

function section(id, title, ...content) {
  const heading = element("h2", { text: title, attributes: { id } });
  return element("section", { attributes: { "aria-labelledby": id } }, heading, ...content);
}

const paragraph = (text, className) => (text ? element("p", { text, className }) : null);
const list = (items) => element("ul", { className: "plain" }, ...items);

function facts(pairs) {
  const present = pairs.filter(([, value]) => value);
  if (present.length === 0) return null;
  return element("dl", { className: "facts" },
    ...present.map(([name, value]) =>
      element("div", {}, element("dt", { text: name }), element("dd", { text: value }))));
}

// --- FHIR -------------------------------------------------------------------------------------

// Every resource of the document, findable by fullUrl and by "Type/id".
function indexOf(bundle) {
  const byReference = new Map();
  for (const { fullUrl, resource } of bundle.entry ?? []) {
    if (fullUrl) byReference.set(fullUrl, resource);
    byReference.set(`${resource.resourceType}/${resource.id}`, resource);
  }
  return {
    find: (reference) => byReference.get(reference?.reference),
    all: (type) => (bundle.entry ?? []).map((e) => e.resource).filter((r) => r.resourceType === type),
  };
}

const extension = (thing, name) =>
  (thing?.extension ?? []).find((e) => e.url === `${base}/StructureDefinition/ip-${name}`);
const extensions = (thing, name) =>
  (thing?.extension ?? []).filter((e) => e.url === `${base}/StructureDefinition/ip-${name}`);
const valueOf = (e) => Object.entries(e ?? {}).find(([key]) => key.startsWith("value"))?.[1];

const conceptText = (concept) =>
  concept?.text ?? concept?.coding?.find((c) => c.display)?.display ?? "";

function humanName(name) {
  if (!name) return "";
  return name.text ?? [...(name.given ?? []), name.family].filter(Boolean).join(" ");
}

const formatDate = (text) => {
  if (!text) return "";
  const [year, month, day] = text.slice(0, 10).split("-").map(Number);
  const options = day ? { day: "numeric", month: "long", year: "numeric" }
    : month ? { month: "long", year: "numeric" } : { year: "numeric" };
  // Chromium knows nb and nn; "no" would be English.
  return new Intl.DateTimeFormat(language, options).format(new Date(year, (month ?? 1) - 1, day ?? 1));
};

// Who a reference means: name, where they work, how to reach them.
function actor(index, reference) {
  const resource = index.find(reference);
  if (!resource) return { name: reference?.display ?? "", place: "", contact: "" };
  const contact = (resource.telecom ?? [])
    .filter((c) => c.system === "phone" || c.system === "email").map((c) => c.value).join(", ");
  switch (resource.resourceType) {
    case "PractitionerRole": {
      const person = index.find(resource.practitioner);
      const organization = index.find(resource.organization);
      return {
        name: humanName(person?.name?.[0]) || resource.practitioner?.display || reference.display || "",
        place: organization?.name ?? resource.organization?.display ?? "",
        contact: contact || actorContact(person),
      };
    }
    case "Organization":
      return { name: resource.name ?? reference.display ?? "", place: "", contact };
    default:
      return { name: humanName(resource.name?.[0]) || reference.display || "", place: "", contact };
  }
}

const actorContact = (resource) => (resource?.telecom ?? []).map((c) => c.value).join(", ");

const isCoordinator = (participant) =>
  (participant.role ?? []).some((role) =>
    (role.coding ?? []).some((c) => coordinatorRoles.has(`${c.system}|${c.code}`)));

const isCurrent = (period) => {
  const today = new Date().toISOString().slice(0, 10);
  return !(period?.end && period.end.slice(0, 10) < today) &&
    !(period?.start && period.start.slice(0, 10) > today);
};

// --- the plan ---------------------------------------------------------------------------------

function goalItem(index, goal) {
  const target = goal.target?.[0];
  const own = valueOf(extension(goal, "own-words"));
  return element("li", {},
    element("div", { className: "what" },
      element("h3", { text: conceptText(goal.description) }),
      element("span", { className: "badge", text: word("goalStatus", goal.lifecycleStatus) })),
    own ? paragraph(`«${own}»`, "own") : null,
    facts([[t("by"), formatDate(target?.dueDate)]]));
}

function measureItem(index, activity) {
  const detail = activity.detail ?? {};
  const performers = (detail.performer ?? []).map((reference) => {
    const who = actor(index, reference);
    return who.place ? `${who.name} (${who.place})` : who.name;
  });
  const timing = [timingText(detail.scheduledTiming), detail.scheduledTiming?.code?.text]
    .filter(Boolean).join(", ") || detail.scheduledString;
  const title = conceptText(detail.code) || detail.description || "";
  return element("li", {},
    element("div", { className: "what" },
      element("h3", { text: title }),
      element("span", { className: "badge", text: word("measureStatus", detail.status) })),
    facts([[t("who"), performers.join(", ")], [t("howOften"), timing]]),
    detail.description && detail.description !== title ? paragraph(detail.description, "quiet") : null,
    ...(activity.progress ?? []).map((note) =>
      paragraph(`${formatDate(note.time)}: ${note.text}`, "progress")));
}

function timingText(timing) {
  const repeat = timing?.repeat;
  if (!repeat?.frequency) return "";
  const units = {
    nb: { d: "dag", wk: "uke", mo: "måned", a: "år", h: "time" },
    nn: { d: "dag", wk: "veke", mo: "månad", a: "år", h: "time" },
    en: { d: "day", wk: "week", mo: "month", a: "year", h: "hour" },
  }[language];
  const every = { nb: "hver", nn: "kvar", en: "every" }[language];
  const times = { nb: "ganger", nn: "gonger", en: "times" }[language];
  const once = { nb: "én gang", nn: "éin gong", en: "once" }[language];
  const count = repeat.frequency === 1 ? once : `${repeat.frequency} ${times}`;
  const period = repeat.period > 1 ? `${every} ${repeat.period}. ${units[repeat.periodUnit]}`
    : `${every} ${units[repeat.periodUnit] ?? ""}`;
  return `${count} ${period}`.trim();
}

function participantItem(index, participant) {
  const who = actor(index, participant.member);
  const roles = (participant.role ?? []).map(conceptText).filter(Boolean).join(", ");
  const contribution = extensions(participant, "contribution").map(valueOf).join(" ");
  return element("li", {},
    element("div", { className: "what" },
      element("h3", { text: who.name }),
      roles ? element("span", { className: "badge", text: roles }) : null),
    paragraph(who.place, "quiet"),
    facts([[t("contact"), who.contact], [t("contributes"), contribution]]));
}

function coordinatorSection(index, participants) {
  const coordinators = participants.filter((p) => isCoordinator(p) && isCurrent(p.period));
  if (coordinators.length === 0)
    return section("coordinator", t("coordinator"), paragraph(t("noCoordinator"), "quiet"));
  return section("coordinator", t("coordinator"), ...coordinators.flatMap((participant) => {
    const who = actor(index, participant.member);
    return [paragraph(who.name, "big"), paragraph(who.place, "quiet"), paragraph(who.contact, "quiet")];
  }));
}

function consentSection(index) {
  const consents = index.all("Consent").filter((c) => c.status === "active");
  const sharing = consents.filter((c) => isKind(c, "sharing")).flatMap((c) => (c.provision?.provision ?? [])
    .filter((p) => (p.type ?? c.provision?.type ?? "permit") === "permit")
    .flatMap((p) => (p.actor ?? []).map((a) => ({ reference: a.reference, period: p.period }))))
    .filter((p) => isCurrent(p.period));
  const agreed = consents.some((c) => isKind(c, "plan") && c.provision?.type !== "deny");
  return section("consent", t("consent"),
    paragraph(agreed ? t("consentYes") : t("consentNo")),
    sharing.length > 0 ? element("h3", { text: t("shares") }) : null,
    sharing.length > 0
      ? list(sharing.map(({ reference, period }) => {
          const who = actor(index, reference);
          const until = period?.end ? ` (${t("until", formatDate(period.end))})` : "";
          return element("li", { text: `${who.name}${who.place ? `, ${who.place}` : ""}${until}` });
        }))
      : null);
}

function showPlan(bundle) {
  const index = indexOf(bundle);
  const composition = index.all("Composition")[0];
  const plan = index.all("CarePlan").find((p) => !p.partOf) ?? index.all("CarePlan")[0];
  const patient = index.find(plan.subject) ?? index.all("Patient")[0];
  const participants = index.all("CareTeam").flatMap((team) => team.participant ?? [])
    .filter((p) => isCurrent(p.period));
  const goals = index.all("Goal");
  // Meetings are activities too, by reference; what is done stands in the detail.
  const measures = (plan.activity ?? []).filter((activity) => activity.detail);
  const mainFirst = [...goals].sort((a, b) => Number(isMain(b)) - Number(isMain(a)));
  const review = valueOf(extension(plan, "next-review"));
  const own = valueOf(extension(plan, "own-words"));
  const subPlans = index.all("CarePlan").filter((p) => p.partOf);
  const period = plan.period?.end
    ? t("period", formatDate(plan.period.start), formatDate(plan.period.end))
    : plan.period?.start ? t("periodOpen", formatDate(plan.period.start)) : "";

  const main = document.getElementById("plan");
  main.replaceChildren(
    element("h1", { text: t("planOf", humanName(patient?.name?.[0])) }),
    element("p", { className: "lead" },
      element("span", { className: "badge", text: word("status", plan.status) }), ` ${period}`),
    ...[
      own ? section("important", t("important"), element("blockquote", { text: own })) : null,
      goals.length > 0
        ? section("goals", t("goals"), list(mainFirst.map((goal) => goalItem(index, goal))))
        : null,
      measures.length > 0
        ? section("measures", t("measures"), list(measures.map((m) => measureItem(index, m))))
        : null,
      element("div", { className: "two" },
        coordinatorSection(index, participants),
        section("review", t("review"),
          paragraph(review ? formatDate(review) : t("noReview"), review ? "big" : "quiet"))),
      participants.length > 0
        ? section("team", t("team"), list(participants.map((p) => participantItem(index, p))))
        : null,
      consentSection(index),
      subPlans.length > 0
        ? section("subplans", t("subPlans"), list(subPlans.map((p) =>
            element("li", {}, element("h3", { text: p.title ?? "" }), paragraph(p.description, "quiet")))))
        : null,
      element("footer", {}, paragraph(t("updated", formatDate(composition?.date ?? bundle.timestamp)))),
    ].filter(Boolean));
  document.title = t("plan");
}

const hasCode = (concepts, system, code) =>
  (concepts ?? []).some((c) => (c.coding ?? []).some((coding) =>
    coding.system === `${base}/CodeSystem/${system}` && coding.code === code));
const isMain = (goal) => hasCode(goal.category, "goal-kind", "main");
const isKind = (consent, kind) => hasCode(consent.category, "consent-kind", kind);

// --- reading ----------------------------------------------------------------------------------

function say(key) {
  document.getElementById("plan").replaceChildren(
    element("h1", { text: t("plan") }),
    element("p", { className: "status", text: t(key), attributes: { role: "status" } }));
}

async function get(address) {
  const response = await fetch(address, {
    headers: { Accept: "application/fhir+json", "Accept-Language": language },
    credentials: "same-origin",
  });
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return response.json();
}

async function showOwnPlan() {
  const plans = await get("/feed/plans");
  const own = (plans.entry ?? []).map((entry) => entry.resource).filter((plan) => !plan.partOf);
  const current = own.find((plan) => plan.status === "active") ?? own[0];
  if (!current) return say("noPlans");
  showPlan(await get(`/feed/plans/${encodeURIComponent(current.id)}`));
}

async function showViewers() {
  const { viewers } = await get("/portal/demonstration");
  const select = document.getElementById("viewer");
  const first = element("option", { text: t("chooseFirst"), attributes: { value: "", disabled: "" } });
  select.replaceChildren(first,
    ...viewers.map(({ id, name }) => element("option", { text: name, attributes: { value: id } })));
  const chosen = viewers.find((viewer) => viewer.chosen);
  select.value = chosen?.id ?? "";
  return Boolean(chosen);
}

function fillTexts() {
  document.documentElement.lang = language;
  document.title = t("plan");
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = t(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]"))
    node.setAttribute("aria-label", t(node.dataset.label));
  for (const button of document.querySelectorAll("[data-language]"))
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
}

async function show() {
  fillTexts();
  try {
    if (await showViewers()) await showOwnPlan();
    else say("noChoice");
  } catch (error) {
    console.error(error.message);
    say("failed");
  }
}

async function choose(id) {
  say("loading");
  try {
    const response = await fetch("/portal/demonstration", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ id }),
    });
    if (!response.ok) throw new Error(`choosing: ${response.status}`);
  } catch (error) {
    console.error(error.message);
    return say("failed");
  }
  await show();
}

texts = await get("texts.json");
if (!texts[language]) language = "nb";
document.getElementById("viewer").addEventListener("change", (event) => choose(event.target.value));
for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    language = button.dataset.language;
    localStorage.setItem("planbro-language", language);
    show();
  });
}
await show();
