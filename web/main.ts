// The page of one hunt. The report stands in the page as JSON; nothing is fetched. All texts are
// made printable once, here, so that no part can forget it: names come from disks and messages
// from peers.

import { mount } from 'svelte';
import type { HuntReport } from '../src/domain/hunt-report.ts';
import { printable } from '../src/report/wrap.ts';
import App from './App.svelte';
import './page.css';
import './isolation.css';
import './pictures.css';
import './small-and-print.css';
import './time-line.css';

function allPrintable(value: unknown): unknown {
  if (typeof value === 'string') return printable(value);
  if (Array.isArray(value)) return value.map(allPrintable);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [printable(name), allPrintable(inner)]),
  );
}

const source = document.getElementById('report');
const target = document.getElementById('page');
if (source?.textContent && target) {
  const report = allPrintable(JSON.parse(source.textContent)) as HuntReport;
  mount(App, { target, props: { report } });
}
