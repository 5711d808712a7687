const name = /^[A-Za-z0-9_.:-]{1,64}$/;
/** An Indian mobile number, with possible prefixes and separators. An e-mail address is not an id either. */
const phoneNumber = /^((tel|phone|mobile|wa|whatsapp)[_.:-]?)?(00)?(91)?0?[6-9]\d{9}$/i;

/** Whether an id contains a phone number. */
export function looksLikePhone(id: string): boolean {
  return phoneNumber.test(id.replaceAll(/(?<=\d)[_.:-]+(?=\d)/g, ''));
}

/**
 * Whether a text may be the id of a new partner. It must not identify the person, since it is stored in plain and kept after an
 * erasure, and must not be the name of a key that belongs to no partner; those contain a slash.
 */
export function isPartnerId(id: unknown): id is string {
  return typeof id === 'string' && name.test(id) && !looksLikePhone(id);
}
