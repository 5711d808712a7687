/**
 * Identifies an event: source and id joined to one text, which no other pair gives. An id without a slash follows the
 * last slash: `/orders/1`. An id with one is escaped and followed by another slash: `/orders/2026%2F1/`.
 */
export function identityOf({ source, id }: { readonly source: string; readonly id: string }): string {
  return id.includes('/') ? `${source}/${escaped(id)}/` : `${source}/${id}`;
}

/** The ids by which a command executor recognises the command of an event. */
interface Recognition {
  readonly commandIds: readonly string[];
  readonly formerId?: { readonly id: string; readonly unless: string };
}

/**
 * How to recognise the command of an event. Earlier versions joined every id unescaped, so their text may be that of another
 * event: it counts only if this version has not stored that other event, whose command therefore has a second id.
 * @param identity the result of `identityOf`
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

/** The text of earlier versions for the same source and id, if it differs. */
function formerIdentity(identity: string): string | undefined {
  if (!identity.endsWith('/')) return undefined;
  const end = identity.lastIndexOf('/', identity.length - 2);
  return `${identity.slice(0, end)}/${unescaped(identity.slice(end + 1, -1))}`;
}

/** Whether earlier versions gave the same text to another source and id: it has another slash before the last one. */
function isAmbiguous(identity: string): boolean {
  return identity.indexOf('/', 1) < identity.lastIndexOf('/');
}

function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('/', '%2F');
}

function unescaped(text: string): string {
  return text.replaceAll('%2F', '/').replaceAll('%25', '%');
}
