/** What the listener for clients demands; nothing where empty. */
export interface KafkaSecurity {
  /** PEM texts. `ca` is whom the broker trusts, where `settings` make it ask for clients' certificates, too. */
  tls?: { certificate: string; key: string; ca: string };
  /** One user, letters and digits. Those of SCRAM are made with the data folder, and not changed on a used one. */
  sasl?: { mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'; username: string; password: string };
}

/** For a broker alone on a small machine, in tests: no waiting, little memory, few threads. */
const DEFAULTS: Record<string, string> = {
  'auto.create.topics.enable': 'false',
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '1000',
  'offsets.topic.num.partitions': '1',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.num.partitions': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'log.cleaner.dedupe.buffer.size': String(4 << 20),
  'log.segment.delete.delay.ms': '1000',
  'num.network.threads': '2',
  'num.io.threads': '4',
  'background.threads': '4',
  // A broker that was killed is let in again only when the session of its former life has run out.
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '300',
};

/** On the loopback interface: for clients, for the broker's talk with itself, and for the controller's. */
export interface KafkaPorts {
  client: number;
  inner: number;
  controller: number;
}

/**
 * What only clients see is secured, so that the broker needs no credentials of its own, and its readiness can be asked for
 * in plain text at the inner port.
 */
export function kafkaSettings(
  ports: KafkaPorts,
  dataDir: string,
  security: KafkaSecurity,
  settings: Record<string, string> = {},
): Record<string, string> {
  const at = (port: number): string => `127.0.0.1:${port}`;
  return {
    ...DEFAULTS,
    ...securitySettings(security),
    ...settings,
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${at(ports.controller)}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'INNER',
    listeners: `CLIENT://${at(ports.client)},INNER://${at(ports.inner)},CONTROLLER://${at(ports.controller)}`,
    'listener.security.protocol.map': `CLIENT:${protocolOf(security)},INNER:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    'log.dirs': dataDir,
  };
}

const protocolOf = ({ tls, sasl }: KafkaSecurity): string =>
  sasl ? `SASL_${tls ? 'SSL' : 'PLAINTEXT'}` : tls ? 'SSL' : 'PLAINTEXT';

function securitySettings({ tls, sasl }: KafkaSecurity): Record<string, string> {
  const stores = tls && {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': tls.certificate,
    'ssl.keystore.key': tls.key,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': tls.ca,
  };
  const login = sasl && {
    'sasl.enabled.mechanisms': sasl.mechanism,
    [`listener.name.client.${sasl.mechanism.toLowerCase()}.sasl.jaas.config`]: loginModule(sasl),
  };
  return { ...stores, ...login };
}

/** PLAIN has its users here; those of SCRAM are in the metadata, see `scramCredentials`. */
function loginModule({ mechanism, username, password }: NonNullable<KafkaSecurity['sasl']>): string {
  const modules = 'org.apache.kafka.common.security';
  if (mechanism === 'PLAIN') {
    return `${modules}.plain.PlainLoginModule required user_${username}=${JSON.stringify(password)};`;
  }
  return `${modules}.scram.ScramLoginModule required;`;
}

/** The arguments that make the formatting of the storage add the user. */
export function scramCredentials({ sasl }: KafkaSecurity): string[] {
  if (!sasl || sasl.mechanism === 'PLAIN') return [];
  return ['--add-scram', `${sasl.mechanism}=[name=${sasl.username},password=${sasl.password}]`];
}

/** As a `.properties` file of Java, which is Latin-1 and gives a meaning to backslashes and to the ends of lines. */
export function asProperties(settings: Record<string, string>): string {
  const escaped = (value: string): string =>
    value.replace(/\\|[^ -~]|^ /g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${escaped(value)}\n`)
    .join('');
}
