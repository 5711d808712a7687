import { IsIn } from 'class-validator';
import { readEnvironment } from './environment.ts';
import { Given } from './given.ts';
import type { Tls } from './given.ts';
import type { KafkaConnection, KafkaPassword, KafkaTokens } from './kafka-connection.ts';

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
  KAFKA_SASL_OAUTH_TOKEN_URL = '';
  KAFKA_SASL_OAUTH_CLIENT_ID = '';
  KAFKA_SASL_OAUTH_CLIENT_SECRET = '';
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
  KAFKA_SASL_OAUTH_TOKEN_URL: 'https://login.example.com/oauth2/token',
  KAFKA_SASL_OAUTH_CLIENT_ID: 'turnstream',
};

/**
 * Reads how to secure the connections to these brokers. Reads certificates, keys and secrets from their files.
 * @throws EnvironmentError that names the variable; no secret is in its text
 */
export function loadKafkaConnection(brokers: readonly string[], env: NodeJS.ProcessEnv): KafkaConnection {
  const given = new Given(readEnvironment(Environment, env, { examples }), examples);
  const ssl = given.variables.KAFKA_SSL === 'true' ? given.tls('KAFKA_SSL') : noTls(given);
  const sasl = given.variables.KAFKA_SASL_MECHANISM === '' ? noSasl(given) : saslOf(given);
  return { brokers, ...(ssl && { ssl }), ...(sasl && { sasl }) };
}

function noTls(given: Given<Environment>): Tls | undefined {
  const set = given.firstSet('KAFKA_SSL_');
  if (set !== undefined) given.refuse('KAFKA_SSL', `must be true when ${set} is set`);
  return undefined;
}

function saslOf(given: Given<Environment>): KafkaPassword | KafkaTokens {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_OAUTH_SCOPE: scope } = given.variables;
  if (mechanism !== 'oauthbearer' && mechanism !== '') {
    const username = required(given, 'KAFKA_SASL_USERNAME', mechanism);
    const password = required(given, 'KAFKA_SASL_PASSWORD', mechanism);
    return { mechanism, username, password };
  }
  const tokenUrl = required(given, 'KAFKA_SASL_OAUTH_TOKEN_URL', 'oauthbearer');
  if (!URL.canParse(tokenUrl) || !/^https?:/.test(tokenUrl))
    given.refuse('KAFKA_SASL_OAUTH_TOKEN_URL', 'must be an https:// address');
  return {
    mechanism: 'oauthbearer',
    tokenUrl,
    clientId: required(given, 'KAFKA_SASL_OAUTH_CLIENT_ID', 'oauthbearer'),
    clientSecret: required(given, 'KAFKA_SASL_OAUTH_CLIENT_SECRET', 'oauthbearer'),
    ...(scope !== '' && { scope }),
  };
}

function noSasl(given: Given<Environment>): undefined {
  const set = given.firstSet('KAFKA_SASL_');
  if (set !== undefined) given.refuse('KAFKA_SASL_MECHANISM', `is missing: ${set} is set`);
}

function required(given: Given<Environment>, name: Name, mechanism: string): string {
  const text = given.variables[name];
  if (text === '') given.refuse(name, `is missing: ${mechanism} needs it`);
  return text;
}
