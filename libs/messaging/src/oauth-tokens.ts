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

/** How long the server may take to answer (ms), and for what part of its lifetime a token is used. */
const answerMs = 5_000;
const usedPart = 0.8;
/** The lifetime of a token if the server gives none (s). */
const usualLifeS = 300;

/**
 * Gets tokens by client credentials. A token is used until shortly before its expiry, whatever the clock of the machine does; concurrent calls share one request.
 * @returns a function that returns a token @throws when the server refuses, with its status but never with the secret
 */
export function oauthTokens(client: Client): () => Promise<Token> {
  let token: Promise<Token & { readonly until: number }> | undefined;
  let until = 0;
  return async () => {
    if (token === undefined || performance.now() >= until) {
      token = fetchToken(client);
      until = Infinity;
    }
    const using = token;
    try {
      const { value, until: end } = await using;
      if (using === token) until = end;
      return { value };
    } catch (error) {
      if (using === token) token = undefined;
      throw error;
    }
  };
}

async function fetchToken({
  tokenUrl,
  clientId,
  clientSecret,
  scope,
}: Client): Promise<Token & { readonly until: number }> {
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
  return { value: access_token, until: performance.now() + expires_in * 1_000 * usedPart };
}
