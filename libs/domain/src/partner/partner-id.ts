const name = /^[A-Za-z0-9_.:-]{1,64}$/;
/** An Indian mobile number, with what may stand before and between its digits. An e-mail address is no name. */
const phoneNumber = /^((tel|phone|mobile|wa|whatsapp)[_.:-]?)?(00)?(91)?0?[6-9]\d{9}$/i;

/** Whether an id tells a phone number. */
export function looksLikePhone(id: string): boolean {
  return phoneNumber.test(id.replaceAll(/(?<=\d)[_.:-]+(?=\d)/g, ''));
}

/**
 * Whether a text may stand for a new partner: it says nothing of the person, since it is stored in plain and kept after an
 * erasure, and names none of the keys that are no partner's, which have a slash.
 */
export function isPartnerId(id: unknown): id is string {
  return typeof id === 'string' && name.test(id) && !looksLikePhone(id);
}
