import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CryptoKey, JWTHeaderParameters, JWTPayload } from 'jose';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { InvalidTokenError, IssuerUnavailableError } from './errors.ts';
import { TokenVerifier } from './token-verifier.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-auth-'));
const jwks = join(dir, 'jwks.json');
const issuer = {
  issuer: 'https://id.example.com',
  audience: 'turnstream',
  algorithms: ['ES256', 'RS256'],
  keys: { jwks },
  leewayS: 5,
  maxAgeS: 86_400,
};
const verifier = new TokenVerifier(issuer);
const keys = {} as Record<'es' | 'rs' | 'other', { privateKey: CryptoKey; publicKey: CryptoKey }>;

beforeAll(async () => {
  keys.es = await generateKeyPair('ES256', { extractable: true });
  keys.rs = await generateKeyPair('RS256', { extractable: true });
  keys.other = await generateKeyPair('ES256', { extractable: true });
  const own = [
    { ...(await exportJWK(keys.es.publicKey)), kid: 'es', alg: 'ES256' },
    { ...(await exportJWK(keys.rs.publicKey)), kid: 'rs', alg: 'RS256' },
  ];
  writeFileSync(jwks, JSON.stringify({ keys: own }));
});
afterAll(() => rmSync(dir, { recursive: true }));

const now = (): number => Math.floor(Date.now() / 1_000);
const claims = (more: JWTPayload = {}): JWTPayload => ({
  iss: issuer.issuer,
  aud: issuer.audience,
  sub: 'bot',
  role: 'agent',
  iat: now(),
  exp: now() + 600,
  ...more,
});
const signed = (payload: JWTPayload, header: Partial<JWTHeaderParameters> = {}, key = keys.es.privateKey) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'es', ...header }).sign(key);
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const unsigned = (header: object, signature = ''): string =>
  `${encoded(header)}.${encoded(claims())}.${signature}`;

test('a token becomes the caller that its claims describe', async () => {
  const limits = { partners: ['P1'], regions: ['IN-KA'], channels: ['whatsapp'], pools: ['support'] };
  const token = await signed(claims({ jti: 't1', ...limits, instances: ['bot-*'] }));
  expect(await verifier.verify(token)).toEqual({
    role: 'agent',
    subject: 'bot',
    instance: null,
    token_id: 't1',
    issued_at: expect.any(Number),
    expires_at: expect.any(Number),
    limits: { ...limits, instances: ['bot-*'] },
  });
});

test('a verified token is remembered until it expires', async () => {
  const token = await signed(claims());
  expect(verifier.known(token)).toBeUndefined();
  const caller = await verifier.verify(token);
  expect(verifier.known(token)).toBe(caller);
});

test('a token without instances may act as no instance', async () => {
  expect((await verifier.verify(await signed(claims()))).limits.instances).toEqual([]);
});

test('a token expires at the maximum age', async () => {
  const { expires_at } = await verifier.verify(await signed(claims({ exp: now() + 10 * 86_400 })));
  expect(expires_at).toBeLessThanOrEqual((now() + 86_400) * 1_000);
});

test.each<[string, () => string | Promise<string>]>([
  ['alg none', () => unsigned({ alg: 'none' }, 'AA')],
  ['alg None in other letters', () => unsigned({ alg: 'nOnE' }, 'AA')],
  ['no signature', () => unsigned({ alg: 'ES256', kid: 'es' })],
  [
    'an algorithm that is not allowed',
    async () => signed(claims(), { alg: 'ES384' }, (await generateKeyPair('ES384')).privateKey),
  ],
  ['another key under a known id', () => signed(claims(), {}, keys.other.privateKey)],
  ['an unknown key id', () => signed(claims(), { kid: 'unknown' })],
  ['a key id that is a path', () => signed(claims(), { kid: '../../../../dev/null' })],
  ['a key id that is an address', () => signed(claims(), { kid: 'https://evil.example/key' })],
  ['a key id that is SQL', () => signed(claims(), { kid: "es' UNION SELECT 'x" })],
  ['jku', () => signed(claims(), { jku: 'https://evil.example/jwks.json' }, keys.other.privateKey)],
  ['x5u', () => signed(claims(), { x5u: 'https://evil.example/cert.pem' }, keys.other.privateKey)],
  ['x5c', () => signed(claims(), { x5c: ['MIIB'] }, keys.other.privateKey)],
  [
    'jwk',
    async () => signed(claims(), { jwk: await exportJWK(keys.other.publicKey) }, keys.other.privateKey),
  ],
  ['crit', () => unsigned({ alg: 'ES256', kid: 'es', crit: ['exp'] }, 'AA')],
  ['another type', () => signed(claims(), { typ: 'logout+jwt' })],
  ['expired', () => signed(claims({ iat: now() - 600, exp: now() - 60 }))],
  ['not valid yet', () => signed(claims({ nbf: now() + 60 }))],
  ['issued in the future', () => signed(claims({ iat: now() + 60 }))],
  ['older than the maximum age', () => signed(claims({ iat: now() - 86_500 }))],
  ['without expiry', () => signed(claims({ exp: undefined }))],
  ['without the time of its issue', () => signed(claims({ iat: undefined }))],
  ['of another issuer', () => signed(claims({ iss: 'https://evil.example' }))],
  ['for another audience', () => signed(claims({ aud: 'other' }))],
  ['without a subject', () => signed(claims({ sub: undefined }))],
  ['with a subject of several lines', () => signed(claims({ sub: 'a\r\nb' }))],
  ['without a role', () => signed(claims({ role: undefined }))],
  ['of an unknown role', () => signed(claims({ role: 'root' }))],
  ['of several roles', () => signed(claims({ role: ['agent', 'admin'] }))],
  ['with a limit that is not a list', () => signed(claims({ partners: 'P1' }))],
  ['with a limit that is null', () => signed(claims({ partners: null }))],
  ['with a limit that is an object', () => signed(claims({ pools: { 0: 'support', length: 1 } }))],
  ['too long', () => signed(claims({ padding: 'x'.repeat(9_000) }))],
  ['encrypted', () => 'a.b.c.d.e'],
  ['empty', () => ''],
])('a token is refused: %s', async (_, make) => {
  await expect(verifier.verify(await make())).rejects.toThrow(InvalidTokenError);
});

test('a public key is not accepted as a shared secret (RS256/HS256 confusion)', async () => {
  const input = unsigned({ alg: 'HS256', kid: 'rs' }).slice(0, -1);
  const signature = createHmac('sha256', await exportSPKI(keys.rs.publicKey))
    .update(input)
    .digest('base64url');
  await expect(verifier.verify(`${input}.${signature}`)).rejects.toThrow('algorithm');
});

test('claims named like members of objects give no role and no limit', async () => {
  const payload = `{"iss":"${issuer.issuer}","aud":"turnstream","sub":"bot","iat":${now()},"exp":${now() + 60},"__proto__":{"role":"admin","partners":["P1"]},"constructor":{"prototype":{"role":"admin"}}}`;
  const claims = JSON.parse(payload) as JWTPayload;
  await expect(verifier.verify(await signed(claims))).rejects.toThrow('role');
  expect(({} as Record<string, unknown>)['role']).toBeUndefined();
  const known = JSON.parse(payload.replace('{', '{"role":"analyst",')) as JWTPayload;
  expect(await verifier.verify(await signed(known))).toMatchObject({
    role: 'analyst',
    limits: { instances: [] },
  });
});

test('a configured shared secret verifies HS256 and nothing else', async () => {
  const secretFile = join(dir, 'secret');
  const secret = 's'.repeat(32);
  writeFileSync(secretFile, secret);
  const shared = new TokenVerifier({ ...issuer, algorithms: ['HS256'], keys: { secretFile } });
  const token = await new SignJWT(claims()).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret));
  expect((await shared.verify(token)).subject).toBe('bot');
  await expect(shared.verify(await signed(claims()))).rejects.toThrow(InvalidTokenError);
});

test('unavailable keys are not a fault of the token', async () => {
  const away = new TokenVerifier({ ...issuer, keys: { jwks: join(dir, 'none.json') } });
  await expect(away.verify(await signed(claims()))).rejects.toThrow(IssuerUnavailableError);
});
