/**
 * What identifies an event: its source and id in one text, which no other pair has. An id without a slash stands behind the
 * last one: `/orders/1`. Another is escaped and has one more behind it: `/orders/2026%2F1/`.
 */
export function identityOf({ source, id }: { readonly source: string; readonly id: string }): string {
  return id.includes('/') ? `${source}/${escaped(id)}/` : `${source}/${id}`;
}

/** The ids under which a command executor recognises the command of an event. */
interface Recognition {
  readonly commandIds: readonly string[];
  readonly formerId?: { readonly id: string; readonly unless: string };
}

/**
 * How the command of an event is recognised. Earlier versions joined every id as it is, so their text may be that of another
 * event: it counts only if this version did not store that other event, whose command therefore has a second id.
 * @param identity of `identityOf`
 * @param toCommandId the command id of an identity
 */
export function recognisedBy(identity: string, toCommandId: (identity: string) => string): Recognition {
  const other = (text: string): string => toCommandId(escaped(text));
  const former = formerIdentity(identity);
  const ids = [toCommandId(identity)];
  return {
    commandIds: isAmbiguous(identity) ? [...ids, other(identity)] : ids,
    ...(former !== undefined && { formerId: { id: toCommandId(former), unless: other(former) } }),
  };
}

/** What earlier versions made of the same source and id, if it is something else. */
function formerIdentity(identity: string): string | undefined {
  if (!identity.endsWith('/')) return undefined;
  const end = identity.lastIndexOf('/', identity.length - 2);
  return `${identity.slice(0, end)}/${unescaped(identity.slice(end + 1, -1))}`;
}

/** Whether earlier versions made the text of another source and id: it has a slash before the last one. */
function isAmbiguous(identity: string): boolean {
  return identity.indexOf('/', 1) < identity.lastIndexOf('/');
}

function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('/', '%2F');
}

function unescaped(text: string): string {
  return text.replaceAll('%2F', '/').replaceAll('%25', '%');
}
