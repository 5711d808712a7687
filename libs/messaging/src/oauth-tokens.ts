/** An OAuth 2 client with the client credentials grant. */
interface Client {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string;
}

interface Token {
  readonly value: string;
}

interface FetchedToken extends Token {
  /** Whether it is used no more. */
  readonly isOver: () => boolean;
}

/** How long the server may take to answer (ms), and for what part of its lifetime a token is used. */
const answerMs = 5_000;
const usedPart = 0.8;
/** The lifetime of a token if the server gives none (s). */
const usualLifeS = 300;

/**
 * Gets tokens by client credentials. A token is used until shortly before its expiry; concurrent calls share one request.
 * @returns a function that returns a token @throws when the server refuses, with its status but never with the secret
 */
export function oauthTokens(client: Client): () => Promise<Token> {
  let current: FetchedToken | undefined;
  let fetching: Promise<FetchedToken> | undefined;
  return async () => {
    if (current === undefined || current.isOver()) {
      fetching ??= fetchToken(client).finally(() => (fetching = undefined));
      current = await fetching;
    }
    return { value: current.value };
  };
}

/** Whether a time is over, by either clock: one may be set back, the other stands still while the machine sleeps. */
function timer(ms: number): () => boolean {
  const [until, untilTime] = [performance.now() + ms, Date.now() + ms];
  return () => performance.now() >= until || Date.now() >= untilTime;
}

async function fetchToken({ tokenUrl, clientId, clientSecret, scope }: Client): Promise<FetchedToken> {
  const credentials = [clientId, clientSecret].map(encodeURIComponent).join(':');
  const answer = await fetch(tokenUrl, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== undefined && { scope }) }),
    signal: AbortSignal.timeout(answerMs),
  });
  if (!answer.ok) throw new Error(`The token server answers ${answer.status}.`);
  const { access_token, expires_in = usualLifeS } = (await answer.json()) as {
    access_token?: unknown;
    expires_in?: number;
  };
  if (typeof access_token !== 'string') throw new Error('The token server sends no access_token.');
  return { value: access_token, isOver: timer(expires_in * 1_000 * usedPart) };
}
