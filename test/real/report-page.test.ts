// The report as a person sees it: every fixture is rendered to a file, opened from file:// in
// Chromium, and what is on the screen is checked. No console message, no request but the file
// itself.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import type { HuntReport } from '../../src/domain/hunt-report.ts';
import { reportHtml } from '../../src/report/html.ts';
import { countedTrials } from '../../src/report/rate-words.ts';
import { flippedBits } from '../fixtures/report/flipped-bits.ts';
import { provoked } from '../fixtures/report/provoked.ts';
import { surveyExt4 } from '../fixtures/report/survey-ext4.ts';
import { tornPlaces } from '../fixtures/report/torn-places.ts';
import { big, clean, failing, hostile, unknownRig } from '../fixtures/report/troubled.ts';
import { requireOrSkip } from './requirements.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FIXTURES: Readonly<Record<string, () => HuntReport>> = {
  flippedBits,
  tornPlaces,
  surveyExt4,
  failing,
  provoked,
  unknownRig,
  clean,
  hostile,
  big,
};
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
];

const directory = mkdtempSync(join(tmpdir(), 'heisenwrite-page-'));
let browser: BrowserContext | null = null;
let complaints: string[] = [];

beforeEach(async (context) => {
  requireOrSkip(context, 'chromium');
  if (browser) return;
  execFileSync(process.execPath, ['scripts/build-web.mjs'], { cwd: ROOT });
  const profile = join(directory, 'profile');
  mkdirSync(profile);
  browser = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    headless: true,
    args: ARGUMENTS,
  });
});

afterEach(async () => {
  for (const page of browser?.pages().slice(1) ?? []) await page.close();
});

afterAll(async () => {
  await browser?.close();
  rmSync(directory, { recursive: true, force: true });
});

interface View {
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
}

async function open(name: string, report: HuntReport, view: View = {}): Promise<Page> {
  const file = join(directory, `${name}.html`);
  writeFileSync(file, await reportHtml(report));
  const page = await (browser as BrowserContext).newPage();
  complaints = [];
  page.on('console', (message) => complaints.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (request.url() !== pathToFileURL(file).href) complaints.push(`request: ${request.url()}`);
  });
  await page.emulateMedia({ colorScheme: view.scheme ?? 'light' });
  await page.setViewportSize({ width: view.width ?? 1200, height: 900 });
  await page.goto(pathToFileURL(file).href);
  await page
    .locator('h1')
    .waitFor({ timeout: 5000 })
    .catch(() => {
      throw new Error(`the page stayed empty: ${complaints.join('; ')}`);
    });
  return page;
}

/** Source of a function for the browser; the semicolon that ends the file is cut off. */
const LOWEST_CONTRAST = readFileSync(new URL('page-contrast.js', import.meta.url), 'utf8')
  .replace(/^(?:\/\/.*\n)+/, '')
  .trim()
  .replace(/;$/, '');

for (const [name, make] of Object.entries(FIXTURES)) {
  test(`${name}: verdict first, nothing asked of the network, fits a narrow window`, async () => {
    const report = make();
    const page = await open(name, report);
    const words = report.words.length > 0 ? 'DAMAGED' : report.verdict.toUpperCase();
    expect(await page.locator('h1').textContent()).toContain(words);
    const top = await page.locator('h1').boundingBox();
    expect(top?.y).toBeLessThan(100);
    for (const width of [1200, 640, 360]) {
      await page.setViewportSize({ width, height: 800 });
      const scroll = await page.evaluate<number>('document.documentElement.scrollWidth');
      expect(scroll, `horizontal scroll at ${width}`).toBeLessThanOrEqual(width);
    }
    expect(complaints).toEqual([]);
  });

  test(`${name}: texts are readable in light and in dark`, async () => {
    for (const scheme of ['light', 'dark'] as const) {
      const page = await open(name, make(), { scheme });
      const { ratio, where } = await page.evaluate<{ ratio: number; where: string }>(
        `(${LOWEST_CONTRAST})()`,
      );
      expect(ratio, `${scheme}: ${where}`).toBeGreaterThanOrEqual(4.5);
      expect(ratio).toBeLessThan(22);
    }
  });
}

test('the heat map shows one cell for each pair of levels and sums the rest', async () => {
  const report = flippedBits();
  const page = await open('heat', report);
  await page.getByLabel('Rows').selectOption('kernel');
  await page.getByLabel('Columns').selectOption('export');
  const cells = page.locator('table.heat td[data-of]');
  expect(await cells.count()).toBe(4);
  for (const [row, kernel] of ['6.1.0-28', '6.12.22'].entries()) {
    for (const [column, mode] of ['sync', 'async'].entries()) {
      const summed = report.cells.filter(
        (cell) => cell.levels.kernel === kernel && cell.levels.export === mode,
      );
      const cell = cells.nth(row * 2 + column);
      const damaged = summed.reduce((sum, each) => sum + each.damaged, 0);
      const trials = summed.reduce((sum, each) => sum + countedTrials(each), 0);
      expect(await cell.getAttribute('data-hits')).toBe(String(damaged));
      const words = `${damaged} of ${trials.toLocaleString('en-US')}`;
      expect(await cell.textContent()).toContain(words);
    }
  }
  await page.getByLabel('One table for each').selectOption('pattern');
  expect(await page.locator('table.heat').count()).toBe(3);
});

test('the damage picture has marks at bits 0 to 31 and at no other', async () => {
  const report = flippedBits();
  const page = await open('bits', report);
  // As a string: the project's types know no DOM.
  const read = (name: string) =>
    page.evaluate<number[]>(
      `[...document.querySelectorAll('#bits rect[data-bit]')].map((m) => +m.dataset.${name})`,
    );
  const bits = await read('bit');
  expect(new Set(bits)).toEqual(new Set(Array.from({ length: 32 }, (_, bit) => bit)));
  expect(bits.length).toBe(32 * new Set(report.findings.map((f) => f.damage[0]?.offset)).size);
  const left = await page.locator('#bits rect[data-bit="0"]').first().boundingBox();
  const right = await page.locator('#bits rect[data-bit="31"]').first().boundingBox();
  expect(right?.x).toBeGreaterThan(left?.x ?? Number.POSITIVE_INFINITY);
  await page.locator('#bits select').selectOption({ label: 'within 512 bytes' });
  const within = await read('offset');
  expect(new Set(within)).toEqual(new Set([16]));
});

test('torn units are drawn to scale with their generations', async () => {
  const report = tornPlaces();
  const first = report.findings[0] as (typeof report.findings)[number];
  const page = await open('torn', report);
  const rects = page.locator('#generations rect');
  expect(await rects.count()).toBe(2 * report.findings.length);
  const step = first.damage[0]?.generations?.[1]?.offset ?? 0;
  const unit = first.window?.asked ?? 1;
  // The damage is only the older part: the picture is of the whole unit.
  expect(first.damage[0]?.length).toBe(unit - step);
  const [left, right] = [await rects.nth(0).boundingBox(), await rects.nth(1).boundingBox()];
  const share = (left?.width ?? 0) / ((left?.width ?? 0) + (right?.width ?? 0));
  expect(share).toBeCloseTo(step / unit, 1);
  expect(await rects.nth(0).getAttribute('class')).toBe('age-0');
  expect(await rects.nth(1).getAttribute('data-to')).toBe(String(unit));
  expect(await page.locator('#bits').count()).toBe(0);
});

test('windows of provocations and failures stand on one time line', async () => {
  const report = provoked();
  const trials = report.timeLine ?? [];
  const page = await open('time-line', report);
  const part = page.locator('#time-line');
  expect(await part.locator('p').first().textContent()).toContain('17 of 19 timed failures');
  const [windows, failures] = [
    trials.flatMap((t) => t.windows),
    trials.flatMap((t) => t.failuresMs),
  ];
  const titles = await part.locator('svg title').allTextContents();
  // Each window, each trial's length, and of each failure a line and a dot.
  expect(titles).toHaveLength(windows.length + trials.length + 2 * failures.length);
  expect(titles).toContain('a failure at 322ms of trial 3');
  const dots = await part.locator('svg circle').all();
  const signals = await part.locator('svg rect:has(title)').filter({ hasText: 'SIGHUP' }).all();
  expect([dots.length, signals.length]).toEqual([failures.length, trials.length]);
  for (const [at, dot] of dots.entries()) {
    const [signal, failure] = [await signals[at]?.boundingBox(), await dot.boundingBox()];
    // 12 ms after it, of 1.4 s on about 1,000 pixels.
    const apart = (failure?.x ?? 0) + (failure?.width ?? 0) / 2 - (signal?.x ?? 0);
    expect(apart).toBeGreaterThan(4);
    expect(apart).toBeLessThan(16);
  }
});

test('expected and found bytes stand side by side, only the differing ones marked', async () => {
  const page = await open('hex', flippedBits());
  const example = page.locator('dl.account .hex');
  expect(await example.locator('ins').allTextContents()).toEqual(['ff', 'ff', 'ff', 'ff']);
  expect(await example.locator('mark').allTextContents()).toEqual(['00', '00', '00', '00']);
  await page.setViewportSize({ width: 360, height: 800 });
  for (const label of ['expected', 'found']) {
    const box = await example.getByText(label, { exact: true }).boundingBox();
    expect(box?.x).toBeGreaterThan(0);
    expect(box?.y).toBeLessThan((await example.locator('i').last().boundingBox())?.y ?? 0);
  }
});

test('a survey tells what is kept, not kept and not tested', async () => {
  const page = await open('survey', surveyExt4());
  const badges = await page.locator('#guarantees tbody .badge').allTextContents();
  const count = (word: string) => badges.filter((badge) => badge === word).length;
  expect([count('not kept'), count('kept'), count('not tested')]).toEqual([1, 6, 1]);
  const advice = page.locator('#guarantees').getByText('Advice: readers need a checksum');
  expect(await advice.isVisible()).toBe(true);
});

test('a bound on "never" counts rewrites, in the guarantees and in the matrix', async () => {
  const page = await open('bounds', surveyExt4());
  const direct = page.locator('#guarantees tr').filter({ hasText: 'read O_DIRECT: never torn' });
  const said = '0 of 62,408 reads during 506 rewrites, under 1.2% for each size';
  expect(await direct.textContent()).toContain(said);
  expect(await direct.locator('td').last().textContent()).toBe('<1.2%');
  await page.getByLabel('Count').selectOption('unit-atomic');
  await page.getByLabel('Rows').selectOption('writer');
  await page.getByLabel('Columns').selectOption('unit');
  const cell = page.locator('table.heat td[data-hits="0"]').first();
  expect(await cell.textContent()).toMatch(/0 of 31,204\s*in 253\s+rewrites\s*under 1\.2%/);
});

test('hostile names stay text', async () => {
  const page = await open('hostile-text', hostile());
  expect(await page.evaluate<boolean>("'hacked' in window")).toBe(false);
  expect(await page.locator('img').count()).toBe(0);
  expect(await page.locator('h1').textContent()).toContain('<img src=x onerror=');
  expect(await page.locator('main').textContent()).not.toContain('\u202e');
});

test('the policy of the page lets no other script run', async () => {
  const page = await open('policy', clean());
  await page.evaluate(`{
    const script = document.createElement('script');
    script.textContent = 'window.hacked = 3';
    document.body.append(script);
  }`);
  expect(await page.evaluate<boolean>("'hacked' in window")).toBe(false);
  expect(complaints.join()).toContain('Content Security Policy');
});

test('1,296 cells and 500 findings: in parts, findings open by keyboard', async () => {
  const page = await open('big-use', big());
  expect(await page.locator('#findings details').count()).toBe(25);
  expect(await page.locator('#cells tbody tr').count()).toBe(30);
  await page.locator('#findings').getByRole('button', { name: 'Show 25 more' }).click();
  expect(await page.locator('#findings details').count()).toBe(50);
  const third = page.locator('#findings details').nth(2);
  await third.locator('summary').focus();
  await page.keyboard.press('Enter');
  await third.locator('.hex').waitFor();
  expect(await page.locator('*').count()).toBeLessThan(8000);
  await page.getByLabel('Only with').fill('kernel=5.1 open=buffered');
  const first = await page.locator('#cells tbody th').first().textContent();
  expect(first).toContain('kernel=5.1');
});

test('the replay command is copied to the letter', async () => {
  const report = clean();
  const page = await open('copy', report);
  await (browser as BrowserContext).grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: `Copy: ${report.replay}` }).click();
  await page.getByText(/^(Copied|Selected: press Ctrl-C)$/).waitFor();
  const selected = await page.evaluate<string>(
    'getSelection().toString() || navigator.clipboard.readText()',
  );
  expect(selected).toBe(report.replay);
});
