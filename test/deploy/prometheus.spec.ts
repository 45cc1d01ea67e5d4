import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { parse } from 'yaml';
import { SERVICES } from '#config';
import { METRIC_NAMES } from '#observability/metrics';

const ROOT = new URL('../../', import.meta.url);
const readText = (path: string) => readFile(new URL(path, ROOT), 'utf8');

interface Alert {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; description: string; runbook_url: string };
}

interface Panel {
  title: string;
  type: string;
  targets?: { expr: string }[];
  gridPos: { x: number; y: number; w: number; h: number };
}

let alerts: Alert[];
let panels: Panel[];
let scaling: string;
const defaults = new Set<string>();
beforeAll(async () => {
  const rules = parse(await readText('deploy/prometheus/alerts.yml')) as { groups: { rules: Alert[] }[] };
  alerts = rules.groups.flatMap((group) => group.rules);
  panels = (JSON.parse(await readText('deploy/grafana/dashboards/millrace.json')) as { panels: Panel[] }).panels;
  scaling = await readText('deploy/helm/millrace/templates/scaledobjects.yaml');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const { name } of await registry.getMetricsAsJSON()) defaults.add(name);
});

/** Metrics in an expression: of Millrace, of Node, and `up` of Prometheus. */
const metricsIn = (expr: string): string[] => expr.match(/\b(?:millrace|process|nodejs)_[a-z0-9_]+|\bup\b/g) ?? [];

/** Those that nobody exports: a histogram has three series. */
function unknown(expr: string): string[] {
  const own = new Set<string>(METRIC_NAMES);
  return metricsIn(expr).filter((metric) => {
    const base = metric.replace(/_(?:bucket|sum|count)$/, '');
    return metric !== 'up' && !own.has(metric) && !own.has(base) && !defaults.has(metric);
  });
}

describe('the alerts', () => {
  test('ask for metrics that the services export, and no others', () => {
    expect(alerts.length).toBeGreaterThan(10);
    const found = alerts.map(({ alert, expr }) => ({
      alert,
      metrics: metricsIn(expr).length > 0,
      unknown: unknown(expr),
    }));
    expect(found).toEqual(alerts.map(({ alert }) => ({ alert, metrics: true, unknown: [] })));
  });

  test('have each a section in the runbook, which their link leads to', async () => {
    const headings = [...(await readText('docs/RUNBOOK.md')).matchAll(/^## (Millrace\w+)$/gm)].map(([, name]) => name);
    expect(headings.sort()).toEqual(alerts.map(({ alert }) => alert).sort());
    for (const { alert, annotations } of alerts)
      expect(annotations.runbook_url).toBe(`docs/RUNBOOK.md#${alert.toLowerCase()}`);
  });

  test('say how bad it is, and what happened, in words', () => {
    for (const { alert, labels, annotations } of alerts) {
      const { summary, description } = annotations;
      const said = { alert, severity: /^(?:warning|critical)$/.test(labels.severity), words: summary && description };
      expect(said).toEqual({ alert, severity: true, words: expect.stringMatching(/\.$/) });
    }
  });
});

describe('the dashboard', () => {
  test('asks for metrics that the services export, and shows each one of Millrace', () => {
    const exprs = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(exprs.flatMap(unknown)).toEqual([]);
    const shown = new Set(exprs.flatMap(metricsIn).map((metric) => metric.replace(/_(?:bucket|sum|count)$/, '')));
    expect(METRIC_NAMES.filter((name) => !shown.has(name))).toEqual([]);
  });

  test('has panels that do not lie over one another', () => {
    const places = panels.map(({ gridPos }) => gridPos);
    const overlap = (a: Panel['gridPos'], b: Panel['gridPos']) =>
      a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
    const pairs = places.flatMap((a, i) => places.slice(i + 1).map((b) => [a, b] as const));
    expect(pairs.filter(([a, b]) => overlap(a, b))).toEqual([]);
    expect(places.filter(({ x, w }) => x + w > 24)).toEqual([]);
  });
});

describe('what is scraped', () => {
  test('scaling asks for metrics that the services export', () => {
    expect(metricsIn(scaling).length).toBeGreaterThan(3);
    expect(unknown(scaling)).toEqual([]);
  });

  test('every service, whose metrics keep their own `job`', async () => {
    const config = parse(await readText('deploy/prometheus/prometheus.yml'));
    const [millrace] = config.scrape_configs;
    expect(millrace).toMatchObject({ job_name: 'millrace', honor_labels: true });
    expect([...millrace.dns_sd_configs[0].names].sort()).toEqual([...SERVICES].sort());
    expect(config.rule_files).toEqual(['alerts.yml']);
  });
});
