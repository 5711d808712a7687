/** The address of a PostgreSQL, and what is said there of a pooler before it. */
interface PostgresAddress {
  /** As PostgreSQL's clients read it. */
  readonly url: string;
  /** `transaction`: the next transaction of a connection may be another server process's, as with PgBouncer in this mode. */
  readonly pooling: 'session' | 'transaction';
  /** Whether statements are prepared under a name. */
  readonly namedStatements: boolean;
}

const poolings = ['session', 'transaction'];
const switches = ['on', 'off'];

/** Reads `pooling` and `named_statements`; behind a pooler of transactions there are no named statements unless they are asked for. */
export function addressParts(databaseUrl: string): PostgresAddress {
  const [address = '', query = ''] = databaseUrl.split('?', 2);
  const parameters = new URLSearchParams(query);
  const pooling = parameters.get('pooling') === 'transaction' ? 'transaction' : 'session';
  const named = parameters.get('named_statements') ?? (pooling === 'transaction' ? 'off' : 'on');
  parameters.delete('pooling');
  parameters.delete('named_statements');
  const url = parameters.size === 0 ? address : `${address}?${parameters.toString()}`;
  return { url, pooling, namedStatements: named !== 'off' };
}

/** Whether what an address says of a pooler can be understood. */
export function hasKnownPooling(databaseUrl: string): boolean {
  const parameters = new URLSearchParams(databaseUrl.split('?', 2)[1] ?? '');
  const isOneOf = (name: string, values: readonly string[]): boolean =>
    parameters.getAll(name).every((value) => values.includes(value));
  return isOneOf('pooling', poolings) && isOneOf('named_statements', switches);
}
