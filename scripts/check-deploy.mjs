import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { ROOT } from './root.mjs';
import { main, say } from './run.mjs';

/**
 * Checks the deployment files with the real tools, where they are: on PATH, or in the cache, into which `--install` builds
 * those that Go can build. Says of each check whether it held, and of each tool that is not there what was not checked.
 */
const output = promisify(execFile);
const TOOLS = join(process.env.MILLRACE_CACHE_DIR || join(ROOT, '.cache'), 'deploy-tools');
const CHART = 'deploy/helm/millrace';
const EVERYTHING = ['--values', `${CHART}/ci/all-values.yaml`];
const KUBERNETES = '1.31.0';
const BUILT_BY_GO = {
  helm: 'helm.sh/helm/v3/cmd/helm@v3.19.0',
  promtool: 'github.com/prometheus/prometheus/cmd/promtool@v0.313.2',
};
/** What `docker stack config` wants to be told. */
const STACK = { MILLRACE_IMAGE: 'millrace:0.1.0', MILLRACE_KAFKA_BROKERS: 'kafka.example.com:9092' };

const results = { held: 0, failed: 0, missing: [] };

await main(async () => {
  if (process.argv.includes('--install')) await install();
  const folder = await mkdtemp(join(tmpdir(), 'millrace-deploy-'));
  try {
    await checkChart(folder);
    await checkPrometheus();
    await checkContainers();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  for (const line of results.missing) say(`not checked: ${line}`);
  say(`${results.held} held, ${results.failed} failed, ${results.missing.length} not checked`);
  return results.failed > 0 ? 1 : 0;
});

async function checkChart(folder) {
  const helm = toolAt('helm', 'the chart');
  if (!helm) return;
  const template = (...args) => [helm, 'template', 'millrace', CHART, '--kube-version', KUBERNETES, ...args];
  await holds('helm lint', [helm, 'lint', CHART]);
  await holds('helm lint, everything switched on', [helm, 'lint', CHART, ...EVERYTHING]);
  for (const [name, args] of [
    ['plain', []],
    ['everything', EVERYTHING],
  ]) {
    const rendered = await holds(`helm template, ${name}`, template(...args));
    if (rendered === undefined) continue;
    const file = join(folder, `${name}.yaml`);
    await writeFile(file, rendered);
    judge(`the objects of ${name} fit together`, misfits(rendered));
    const validate = toolAt('kubernetes-validate', `${name}: the objects against the schemas of Kubernetes`);
    if (validate) await holds(`kubernetes-validate, ${name}`, [validate, '-k', '1.31', '--strict', '--no-warn', file]);
  }
  await refuses(
    'more replicas than partitions',
    template('--set', 'keda.enabled=true,keda.write.max=12'),
    /keda\.write\.max is 12/,
  );
  await refuses(
    'a setting that there is not',
    template('--set', 'settings.MILLRACE_ROW_PARTITIONS=3'),
    /MILLRACE_ROW_PARTITIONS/,
  );
  await refuses('an ingress without a host', template('--set', 'ingress.enabled=true'), /ingress\.host must be set/);
}

/** What the objects name of one another must be there. */
function misfits(rendered) {
  const objects = parseAllDocuments(rendered)
    .map((document) => document.toJS())
    .filter((object) => object !== null);
  const has = (kind, name) => objects.some((object) => object.kind === kind && object.metadata.name === name);
  const found = [];
  for (const { kind, metadata, spec } of objects) {
    const lacks = (what, name) =>
      has(what, name) || found.push(`${kind} ${metadata.name}: there is no ${what} ${name}`);
    if (kind === 'Deployment') {
      const [container] = spec.template.spec.containers;
      lacks('ServiceAccount', spec.template.spec.serviceAccountName);
      for (const { configMapRef } of container.envFrom) if (configMapRef) lacks('ConfigMap', configMapRef.name);
      const [, program] = container.command;
      const source = program.replace(/^dist\/(.*)\.js$/, '$1.ts');
      if (!existsSync(source)) found.push(`Deployment ${metadata.name}: there is no ${source}`);
    }
    if (kind === 'Ingress') lacks('Service', spec.rules[0].http.paths[0].backend.service.name);
    if (kind !== 'ScaledObject') continue;
    lacks('Deployment', spec.scaleTargetRef.name);
    const scaled = objects.find((object) => object.kind === 'Deployment' && has('ScaledObject', object.metadata.name));
    if (scaled?.spec.replicas !== undefined) found.push(`Deployment ${scaled.metadata.name}: scaled, and has replicas`);
  }
  return found;
}

async function checkPrometheus() {
  const promtool = toolAt('promtool', 'the alerts and the configuration of Prometheus');
  if (!promtool) return;
  await holds('promtool check rules', [promtool, 'check', 'rules', 'deploy/prometheus/alerts.yml']);
  await holds('promtool test rules', [promtool, 'test', 'rules', 'deploy/prometheus/alerts.test.yml']);
  await holds('promtool check config', [promtool, 'check', 'config', 'deploy/prometheus/prometheus.yml']);
  const { panels } = JSON.parse(await readFile('deploy/grafana/dashboards/millrace.json', 'utf8'));
  for (const { expr } of panels.flatMap(({ targets = [] }) => targets)) {
    const plain = expr.replaceAll('$__rate_interval', '5m').replaceAll('$job', 'shop');
    await holds(`promql ${expr}`, [promtool, '--experimental', 'promql', 'format', plain], { quiet: true });
  }
}

async function checkContainers() {
  const hadolint = toolAt('hadolint', 'the Dockerfile');
  if (hadolint) await holds('hadolint', [hadolint, 'Dockerfile']);
  const docker = toolAt('docker', 'docker-compose.yml and the Swarm stack');
  if (!docker) return;
  const stack = [docker, 'stack', 'config', '--compose-file', 'deploy/swarm/stack.yml'];
  await holds('docker stack config', stack, { env: { ...process.env, ...STACK } });
  const hasCompose = await output(docker, ['compose', 'version']).then(
    () => true,
    () => false,
  );
  if (hasCompose) await holds('docker compose config', [docker, 'compose', 'config', '--quiet']);
  else results.missing.push('docker-compose.yml (docker has no compose here)');
}

/** Gives what the tool printed, or undefined where it found fault. */
async function holds(name, [program, ...args], { quiet = false, ...options } = {}) {
  try {
    const { stdout } = await output(program, args, { cwd: ROOT, maxBuffer: 1 << 26, ...options });
    judge(name, [], quiet);
    return stdout;
  } catch (error) {
    judge(name, `${error.stdout ?? ''}${error.stderr || error.message}`.trim().split('\n'));
    return undefined;
  }
}

/** A check that cannot fail would prove nothing: what is wrong must be refused. */
async function refuses(what, [program, ...args], reason) {
  const said = await output(program, args, { maxBuffer: 1 << 26 }).then(
    () => 'it was rendered',
    ({ stderr }) => stderr,
  );
  judge(`the chart refuses ${what}`, reason.test(said) ? [] : [said]);
}

function judge(name, faults, quiet = false) {
  results[faults.length > 0 ? 'failed' : 'held'] += 1;
  if (quiet && faults.length === 0) return;
  say(`${faults.length > 0 ? '✗' : '✓'} ${name}`);
  for (const line of faults) say(`    ${line}`);
}

function toolAt(name, what) {
  const found = [...(process.env.PATH ?? '').split(delimiter), TOOLS].find((folder) => existsSync(join(folder, name)));
  if (found === undefined) results.missing.push(`${what} (there is no ${name})`);
  return found === undefined ? undefined : join(found, name);
}

/** In a module of its own: promtool's module replaces some of its dependencies, which `go install` does not take. */
async function install() {
  await mkdir(TOOLS, { recursive: true });
  for (const [name, version] of Object.entries(BUILT_BY_GO)) {
    if (existsSync(join(TOOLS, name))) continue;
    say(`building ${version} (some minutes)`);
    const cwd = await mkdtemp(join(tmpdir(), 'millrace-tool-'));
    try {
      await output('go', ['mod', 'init', 'tools'], { cwd });
      await output('go', ['get', '-tool', version], { cwd, maxBuffer: 1 << 26 });
      const [path] = version.split('@');
      await output('go', ['build', '-o', join(TOOLS, name), path], { cwd, maxBuffer: 1 << 26 });
    } finally {
      await rm(cwd, { recursive: true, force: true });
    }
  }
}
