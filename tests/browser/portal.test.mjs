// The portal in Chromium against a real `planbro serve --demo` with the demonstration plans.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const source = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const planbro = process.env.PLANBRO ?? path.join(source, "build/dev/planbro");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const folder = mkdtempSync(path.join(tmpdir(), "planbro-browser-"));

let server, browser, address;

before(async () => {
  const exports = readdirSync(path.join(source, "fixtures/plans")).map((name) =>
    path.join(source, "fixtures/plans", name, "csv"));
  execFileSync(planbro, ["--log", "warn", "import", "--source", "csv-plan", "--data", folder, ...exports]);
  server = spawn(planbro, ["serve", "--demo", "--data", folder, "--listen", "127.0.0.1:0"]);
  address = await new Promise((resolve, reject) => {
    let said = "";
    const read = (bytes) => {
      said += bytes;
      const found = said.match(/http:\/\/127\.0\.0\.1:\d+/);
      if (found) resolve(found[0]);
    };
    server.stdout.on("data", read);
    server.stderr.on("data", read);
    server.on("exit", () => reject(new Error(`planbro ended: ${said}`)));
  });
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
});

after(async () => {
  await browser?.close();
  if (server) {
    const ended = new Promise((resolve) => server.on("exit", resolve));
    server.kill("SIGTERM");
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

async function openPortal(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, ...options });
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  await page.goto(`${address}/portal/`);
  return { page, context, problems };
}

// Chooses a person by the start of their name as the list shows it, and waits for their plan.
async function choose(page, name) {
  const option = page.locator("#viewer option", { hasText: name });
  await option.waitFor({ state: "attached" });
  await page.selectOption("#viewer", await option.getAttribute("value"));
  await page.getByRole("heading", { level: 1, name }).waitFor();
}

async function accessibilityProblems(page) {
  await page.evaluate(axe);
  const result = await page.evaluate(() => globalThis.axe.run());
  return result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(" ")}`);
}

const young = JSON.parse(
  readFileSync(path.join(source, "fixtures/plans/mann-22-cerebral-parese/expected/plan.json")));
const youngName = [...young.owner.name[0].given, young.owner.name[0].family].join(" ");

test("the page asks who is looking, and says that it is a demonstration", async () => {
  const { page, context, problems } = await openPortal();
  await page.getByText("Dette er en demonstrasjon.").waitFor();
  await page.getByText("Velg hvem du er i listen over.").waitFor();
  assert.deepEqual(await accessibilityProblems(page), []);
  assert.deepEqual(problems, []);
  await context.close();
});

test("the man of 22 sees his goals, his measures, his coordinator and his next review", async () => {
  const { page, context, problems } = await openPortal();
  await choose(page, youngName);
  for (const heading of ["Mine mål", "Dette gjøres, og av hvem", "Min koordinator", "Disse er med",
    "Neste gang vi ser på planen", "Samtykke"]) {
    assert.ok(await page.getByRole("heading", { name: heading, exact: true }).isVisible(), heading);
  }
  const shown = await page.locator("main").innerText();
  for (const goal of young.goal) assert.ok(shown.includes(goal.description), goal.description);
  const coordinator = young.participant.find((p) =>
    p.role?.some((r) => r.coding?.some((c) => c.code === "8")));
  const card = page.locator("section", { has: page.locator("#coordinator") });
  assert.ok((await card.innerText()).includes(coordinator.name.family));
  assert.deepEqual(await accessibilityProblems(page), []);
  assert.deepEqual(problems, []);
  if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT, fullPage: true });
  await context.close();
});

test("every demonstration plan can be shown, on a telephone too, in three languages", async () => {
  const { page, context, problems } = await openPortal({ viewport: { width: 380, height: 800 } });
  await page.locator("#viewer option").nth(1).waitFor({ state: "attached" });
  const names = (await page.locator("#viewer option").allInnerTexts()).slice(1);
  assert.ok(names.length >= 6, `${names.length} persons`);
  for (const name of names) {
    await choose(page, name);
    const wide = await page.evaluate(() =>
      document.documentElement.scrollWidth > document.documentElement.clientWidth);
    assert.ok(!wide, `${name}: the page scrolls sideways`);
  }
  for (const [language, heading] of [["nn", "Koordinatoren min"], ["en", "My coordinator"], ["nb", "Min koordinator"]]) {
    await page.locator(`[data-language=${language}]`).click();
    await page.getByRole("heading", { name: heading }).waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
  }
  assert.deepEqual(problems, []);
  await context.close();
});

test("the page can be used with the keyboard alone", async () => {
  const { page, context } = await openPortal();
  await page.locator("#viewer option").nth(1).waitFor({ state: "attached" });
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  for (let i = 0; i < 4; ++i) await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "viewer");
  await context.close();
});
