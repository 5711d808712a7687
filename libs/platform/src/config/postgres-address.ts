/** The address of a PostgreSQL, with the options of a pooler in front of it. */
interface PostgresAddress {
  /** As PostgreSQL's clients expect it. */
  readonly url: string;
  /** `transaction`: each transaction of a connection may use another server process, as with PgBouncer in this mode. */
  readonly pooling: 'session' | 'transaction';
  /** Whether to use named prepared statements. */
  readonly namedStatements: boolean;
}

const poolings = ['session', 'transaction'];
const switches = ['on', 'off'];

/** Parses `pooling` and `named_statements`; with transaction pooling, named statements must be requested explicitly. */
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

/** Whether the pooler options of an address are valid. */
export function hasKnownPooling(databaseUrl: string): boolean {
  const parameters = new URLSearchParams(databaseUrl.split('?', 2)[1] ?? '');
  const isOneOf = (name: string, values: readonly string[]): boolean =>
    parameters.getAll(name).every((value) => values.includes(value));
  return isOneOf('pooling', poolings) && isOneOf('named_statements', switches);
}
