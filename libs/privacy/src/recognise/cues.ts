/** Words that tell the type of a nearby number; `id`: of an order, a shipment, a transaction and the like. */
type Cue = 'card' | 'account' | 'phone' | 'aadhaar' | 'upi' | 'ifsc' | 'vehicle' | 'place' | 'id';
/** `person`: the id of one if `id` or the like follows, else nothing; `number`: of no type. */
type Meaning = Cue | 'person' | 'number';

const words: Readonly<Record<Meaning, string>> = {
  card: `card cards cc visa mastercard rupay amex debit cvv paid charged कार्ड डेबिट क्रेडिट वीज़ा`,
  account: `account accounts acct acc ac a/c khata khate khaata bank savings current neft rtgs imps beneficiary
    खाता खाते अकाउंट बैंक बचत`,
  phone: `phone phones mobile mob mobileno phno ph tel telephone cell call calls called whatsapp wa contact contacts reach dial
    sms text ring helpline फोन फ़ोन मोबाइल कॉल व्हाट्सएप व्हाट्सऐप संपर्क दूरभाष`,
  aadhaar: `aadhaar aadhar adhar adhaar uid uidai kyc आधार यूआईडी यूआइडी केवाईसी`,
  upi: `upi vpa gpay phonepe paytm bhim refund collect यूपीआई रिफंड`,
  ifsc: `ifsc branch आईएफएससी आइएफएससी शाखा`,
  vehicle: `vehicle plate challan fastag car bike scooter cab taxi auto van truck rc registration gaadi gadi गाड़ी गाडी वाहन ऑटो आरसी बाइक कार`,
  place: `location lat latitude lng lon long longitude coordinates gps maps geo लोकेशन निर्देशांक`,
  id: `order orders ord awb tracking trk track shipment shipments consignment parcel docket txn txnid transaction transactions utr rrn
    ref reference invoice bill ticket complaint case product products item items sku serial imei otp pin pincode zip
    payout payouts pnr booking waybill customerid custid userid arn hsn receipt batch lot version build model isbn ean upc barcode
    coupon token voucher policy roll size area fax_id
    ऑर्डर आर्डर ट्रैकिंग पार्सल शिपमेंट लेनदेन यूटीआर रेफरेंस संदर्भ बिल टिकट शिकायत उत्पाद ओटीपी पिन पिनकोड भुगतान_आईडी`,
  person: `customer cust user ग्राहक`,
  number: `number numbers num nambar नंबर नम्बर`,
};

/** Words that may separate a cue from its number. */
const connectives = new Set(
  `number numbers no nos num nr id ids code is was are hai h the a an my mera meri mere of for ka ki ke ko se in on
    latest last wala wali old new hain tha thi and or aur ya nahi to me mein dash
    नंबर नम्बर संख्या आईडी कोड है हैं था थे का की के को और या मेरा मेरी मेरे आखिरी अंतिम में`.split(/\s+/),
);

/** Words that make the one before them the name of an id. */
const idWords = new Set(['id', 'ids', 'code', 'no', 'nos', 'आईडी', 'कोड', 'क्रमांक']);

const cues = new Map<string, Meaning>(
  Object.entries(words).flatMap(([cue, list]) =>
    list.split(/\s+/).map((word): [string, Meaning] => [word, cue as Meaning]),
  ),
);
/** How far a cue reaches, in characters and in words. */
const reach = 56;
const mostWords = 8;
const word = /a\/c|[^\s!-/:-@[-`{-~।॥॰]+/gi;

/** The cue around a number. */
export interface Hint {
  readonly cue: Cue | undefined;
  /** Whether only connectives separate them. */
  readonly close: boolean;
  /** Without a cue: whether the word `number` is close. */
  readonly numbered: boolean;
}

const none: Hint = { cue: undefined, close: false, numbered: false };
const number: Hint = { ...none, numbered: true };

/** A normalised text, and the cue in the name of its field. */
export interface Reading {
  readonly text: string;
  readonly name: Hint;
}

/** The hint of the nearest cue before `start`, else of the nearest after `end`, else of the field's name. */
export function hintAt({ text, name }: Reading, start: number, end: number): Hint {
  const before = text.slice(Math.max(0, start - reach), start).match(word);
  const hint = before === null ? none : nearest(before.toReversed(), -1);
  if (hint.cue !== undefined) return hint;
  const after = text.slice(end, end + reach / 2).match(word);
  const behind = after === null ? none : nearest(after.slice(0, 4), 1);
  // `number 98765 43210, order ORD1`: the order is another matter.
  if (behind.cue === 'id' && hint.numbered) return { ...behind, close: false };
  if (behind.cue !== undefined) return behind;
  return name.cue === undefined && (hint.numbered || behind.numbered) ? number : name;
}

const tokens = /tok_[a-z]{2,16}_[a-p]{24}(?:_\d{4})?/g;

/** Replaces tokens by marks: the type in a token's name is no cue for values beside it, or for a field of that name. */
export function withoutTokens(text: string): string {
  return text.includes('tok_') ? text.replace(tokens, (token) => '#'.repeat(token.length)) : text;
}

/** The cue in the name of a field: `tracking_id`, `phoneNumber`. */
export function hintOfName(name: string): Hint {
  if (name === '') return none;
  const words =
    withoutTokens(name)
      .replaceAll(/([a-z])(?=[A-Z])/g, '$1 ')
      .match(word) ?? [];
  const hint = nearest(words.toReversed(), -1);
  return { ...hint, close: true, numbered: hint.numbered && words.every(isCommon) };
}

/** Whether a word leaves open what a number is of. */
function isCommon(word: string): boolean {
  const lower = word.toLowerCase();
  const meaning = cues.get(lower);
  return meaning === 'number' || meaning === 'person' || connectives.has(lower);
}

/** @param next where the word stands that follows one in the text: 1 or, in a reversed list, -1 */
function nearest(list: readonly string[], next: 1 | -1): Hint {
  let close = true;
  let named = false;
  let numbered = false;
  const end = Math.min(list.length, mostWords);
  for (let index = 0; index < end; index += 1) {
    const found = list[index] ?? '';
    const lower = found.toLowerCase();
    const cue = cues.get(lower);
    if (cue === 'number') numbered ||= close;
    else if (cue === 'person') {
      if ((named && close) || idWords.has(list[index + next]?.toLowerCase() ?? '')) return idOf(close);
    } else if (cue === 'id') return idOf(close || named);
    else if (cue !== undefined)
      return { cue: cue === 'card' ? cardOf(list[index + 1]) : cue, close, numbered: false };
    else if (/^\d/.test(found)) break;
    named ||= lower === 'id' || lower === 'ids' || lower === 'आईडी';
    close &&= connectives.has(lower);
  }
  if (named) return idOf(true);
  return numbered ? number : none;
}

function idOf(close: boolean): Hint {
  return { cue: 'id', close, numbered: false };
}

/** The word before `card` decides which. */
function cardOf(before = ''): Cue {
  return cues.get(before.toLowerCase()) === 'aadhaar' ? 'aadhaar' : 'card';
}
