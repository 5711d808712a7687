import { readFileSync } from 'node:fs';
import { IsIn } from 'class-validator';
import { EnvironmentError, readEnvironment } from './environment.ts';
import type { KafkaConnection, KafkaPassword, KafkaTls, KafkaTokens } from './kafka-connection.ts';

const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'] as const;
const yesOrNo = { message: 'must be true or false' };

class Environment {
  @IsIn(['true', 'false'], yesOrNo)
  KAFKA_SSL = 'false';

  KAFKA_SSL_CA_FILE = '';
  KAFKA_SSL_CERT_FILE = '';
  KAFKA_SSL_KEY_FILE = '';
  KAFKA_SSL_SERVERNAME = '';

  @IsIn(['', ...mechanisms], { message: `must be one of ${mechanisms.join(', ')}` })
  KAFKA_SASL_MECHANISM: (typeof mechanisms)[number] | '' = '';

  KAFKA_SASL_USERNAME = '';
  KAFKA_SASL_PASSWORD = '';
  KAFKA_SASL_PASSWORD_FILE = '';
  KAFKA_SASL_OAUTH_TOKEN_URL = '';
  KAFKA_SASL_OAUTH_CLIENT_ID = '';
  KAFKA_SASL_OAUTH_CLIENT_SECRET = '';
  KAFKA_SASL_OAUTH_CLIENT_SECRET_FILE = '';
  KAFKA_SASL_OAUTH_SCOPE = '';
}

type Name = keyof Environment;

const examples: { readonly [name in Name]?: string } = {
  KAFKA_SSL: 'true',
  KAFKA_SSL_CA_FILE: '/etc/kafka/ca.pem',
  KAFKA_SSL_CERT_FILE: '/etc/kafka/client.pem',
  KAFKA_SSL_KEY_FILE: '/etc/kafka/client.key',
  KAFKA_SASL_MECHANISM: 'scram-sha-512',
  KAFKA_SASL_USERNAME: 'turnstream',
  KAFKA_SASL_PASSWORD_FILE: '/run/secrets/kafka',
  KAFKA_SASL_OAUTH_TOKEN_URL: 'https://login.example.com/oauth2/token',
  KAFKA_SASL_OAUTH_CLIENT_ID: 'turnstream',
  KAFKA_SASL_OAUTH_CLIENT_SECRET_FILE: '/run/secrets/kafka-oauth',
};

/**
 * Reads how to secure the connections to these brokers. Certificates, keys and secrets are read from their files here.
 * @throws EnvironmentError that names the variable; a secret is in none of its texts
 */
export function loadKafkaConnection(brokers: readonly string[], env: NodeJS.ProcessEnv): KafkaConnection {
  const given = readEnvironment(Environment, env, { examples });
  const ssl = given.KAFKA_SSL === 'true' ? tlsOf(given) : noTls(given);
  const sasl = given.KAFKA_SASL_MECHANISM === '' ? noSasl(given) : saslOf(given);
  return { brokers, ...(ssl && { ssl }), ...(sasl && { sasl }) };
}

function tlsOf(given: Environment): KafkaTls {
  const { KAFKA_SSL_CERT_FILE, KAFKA_SSL_KEY_FILE, KAFKA_SSL_SERVERNAME } = given;
  if (KAFKA_SSL_CERT_FILE !== '' && KAFKA_SSL_KEY_FILE === '')
    refuse('KAFKA_SSL_KEY_FILE', 'is missing: KAFKA_SSL_CERT_FILE is set');
  if (KAFKA_SSL_KEY_FILE !== '' && KAFKA_SSL_CERT_FILE === '')
    refuse('KAFKA_SSL_CERT_FILE', 'is missing: KAFKA_SSL_KEY_FILE is set');
  return {
    ...(given.KAFKA_SSL_CA_FILE !== '' && { ca: fileOf(given, 'KAFKA_SSL_CA_FILE') }),
    ...(KAFKA_SSL_CERT_FILE !== '' && {
      cert: fileOf(given, 'KAFKA_SSL_CERT_FILE'),
      key: fileOf(given, 'KAFKA_SSL_KEY_FILE'),
    }),
    ...(KAFKA_SSL_SERVERNAME !== '' && { servername: KAFKA_SSL_SERVERNAME }),
  };
}

function noTls(given: Environment): undefined {
  const set = setOf(given, 'KAFKA_SSL_');
  if (set !== undefined) refuse('KAFKA_SSL', `must be true when ${set} is set`);
}

function saslOf(given: Environment): KafkaPassword | KafkaTokens {
  const mechanism = given.KAFKA_SASL_MECHANISM;
  if (mechanism !== 'oauthbearer' && mechanism !== '') {
    const username = required(given, 'KAFKA_SASL_USERNAME', mechanism);
    const password = secretOf(given, 'KAFKA_SASL_PASSWORD', 'KAFKA_SASL_PASSWORD_FILE', mechanism);
    return { mechanism, username, password };
  }
  const tokenUrl = required(given, 'KAFKA_SASL_OAUTH_TOKEN_URL', 'oauthbearer');
  if (!URL.canParse(tokenUrl) || !/^https?:/.test(tokenUrl))
    refuse('KAFKA_SASL_OAUTH_TOKEN_URL', 'must be an https:// address');
  return {
    mechanism: 'oauthbearer',
    tokenUrl,
    clientId: required(given, 'KAFKA_SASL_OAUTH_CLIENT_ID', 'oauthbearer'),
    clientSecret: secretOf(
      given,
      'KAFKA_SASL_OAUTH_CLIENT_SECRET',
      'KAFKA_SASL_OAUTH_CLIENT_SECRET_FILE',
      'oauthbearer',
    ),
    ...(given.KAFKA_SASL_OAUTH_SCOPE !== '' && { scope: given.KAFKA_SASL_OAUTH_SCOPE }),
  };
}

function noSasl(given: Environment): undefined {
  const set = setOf(given, 'KAFKA_SASL_');
  if (set !== undefined) refuse('KAFKA_SASL_MECHANISM', `is missing: ${set} is set`);
}

function setOf(given: Environment, beginning: string): string | undefined {
  return (Object.keys(given) as Name[]).find((name) => name.startsWith(beginning) && given[name] !== '');
}

function required(given: Environment, name: Name, mechanism: string): string {
  if (given[name] === '') refuse(name, `is missing: ${mechanism} needs it`);
  return given[name];
}

/** Given itself or by the name of its file, and not both. */
function secretOf(given: Environment, name: Name, file: Name, mechanism: string): string {
  if (given[name] !== '' && given[file] !== '') refuse(file, `must not be set when ${name} is`);
  if (given[name] !== '') return given[name];
  if (given[file] === '') refuse(file, `is missing, and so is ${name}: ${mechanism} needs one of them`);
  return fileOf(given, file).trim();
}

function fileOf(given: Environment, name: Name): string {
  try {
    return readFileSync(given[name], 'utf8');
  } catch (error) {
    return refuse(name, `names a file that cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function refuse(variable: Name, message: string): never {
  throw new EnvironmentError([{ variable, message, example: examples[variable] ?? 'secret' }]);
}
