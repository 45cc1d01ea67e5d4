/**
 * The dependency law: model <- mapping <- (sources, stage, log, store) <- actors <- apps. Run by `npm run lint` through
 * scripts/lint/dependency-law.mjs. Tests, the ports' conformance kits and test/ may
 * import what they want, and are not looked at.
 */
const ACTORS = '^libs/(ingest|transform|write|stage|job|verify|dead-letter(?!/bullmq))/';
const ADAPTERS = '^libs/(log|store|sources)/[^/]+/|^libs/dead-letter/bullmq/';
const PORTS = '^libs/(log|store|sources)/[^/]+\\.ts$';
const TEST_KIT = '^libs/(servers|testing)/';

const never = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** A third-party client that only some rooms may use. */
const client = (name, rooms) =>
  never(
    `only-its-room-imports-${name}`,
    `${name} is used in ${rooms} and nowhere else: everything outside is behind a port.`,
    { pathNot: [`^libs/(${rooms})/`, TEST_KIT] },
    { path: `^node_modules/${name}/` },
  );

module.exports = {
  forbidden: [
    never('model-imports-nothing', 'The model is pure.', { path: '^libs/model/' }, { pathNot: '^libs/model/' }),
    never(
      'mapping-imports-model-and-errors',
      'The mapping is pure.',
      { path: '^libs/mapping/' },
      { path: '^(libs|apps)/', pathNot: '^libs/(mapping|model|errors)/' },
    ),
    never(
      'ports-import-model-and-errors',
      'A port knows no adapter and no other port.',
      { path: PORTS },
      { path: '^(libs|apps)/', pathNot: ['^libs/(model|errors)/', '^libs/$1/[^/]+\\.ts$'] },
    ),
    never(
      'no-sibling-adapter',
      'An adapter can be left out without the others noticing.',
      { path: '^libs/(log|store|sources)/([^/]+)/' },
      { path: ADAPTERS, pathNot: '^libs/$1/$2/' },
    ),
    never(
      'adapters-import-no-actor',
      'Actors know ports; adapters know neither.',
      { path: ADAPTERS },
      { path: ACTORS, pathNot: '^libs/dead-letter/[^/]+\\.ts$' },
    ),
    never('actors-import-no-adapter', 'Actors run unchanged on every adapter.', { path: ACTORS }, { path: ADAPTERS }),
    never('libs-import-no-app', 'Apps compose libs.', { path: '^libs/' }, { path: '^apps/' }),
    never('no-app-imports-an-app', 'Apps share libs only.', { path: '^apps/([^/]+)/' }, { path: '^apps/(?!$1/)' }),
    never(
      'only-tests-import-testing',
      'The testing kit is no part of the product.',
      { pathNot: '^libs/testing/' },
      { path: '^libs/testing/' },
    ),
    never(
      'a-room-has-one-entry',
      "Another room is imported through its index: '#room'.",
      { path: '^libs/([^/]+)/' },
      { path: '^libs/', pathNot: ['^libs/$1/', '^libs/[^/]+/index\\.ts$', '^libs/[^/]+/[^/]+/index\\.ts$'] },
    ),
    never(
      'an-app-enters-by-the-door',
      "A room is imported through its index: '#room'.",
      { path: '^apps/' },
      { path: '^libs/', pathNot: ['^libs/[^/]+/index\\.ts$', '^libs/[^/]+/[^/]+/index\\.ts$'] },
    ),
    client('mongodb', 'store/mongodb'),
    client('pg', 'sources/postgres'),
    client('pg-[^/]+', 'sources/postgres'),
    client('quickjs-emscripten', 'mapping'),
    client('kafkajs', 'log/kafka'),
    client('bullmq', 'dead-letter/bullmq'),
    client('ioredis', 'dead-letter/bullmq'),
    never(
      'only-apps-import-terminal-packages',
      'Rooms do not talk to people; logs in colour are the exception.',
      { pathNot: '^apps/' },
      { path: '^node_modules/(commander|cli-progress|cli-table3)/' },
    ),
    never('everything-resolves', 'An import leads to a file or an installed package.', {}, { couldNotResolve: true }),
    never(
      'no-development-package-in-the-product',
      'What the product imports is in dependencies.',
      { pathNot: TEST_KIT },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    ),
  ],
  options: {
    parser: 'swc',
    exclude: { path: ['\\.spec\\.ts$', '-conformance\\.ts$', '^libs/[^/]+/testing/'] },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      conditionNames: ['millrace-source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
      mainFields: ['module', 'main'],
      extensions: ['.ts', '.js', '.mjs'],
    },
  },
};
