/** Words that tell the type of a nearby number; `id`: of an order, a shipment, a transaction and the like. */
type Cue = 'card' | 'account' | 'phone' | 'aadhaar' | 'upi' | 'ifsc' | 'vehicle' | 'place' | 'id';

const words: Readonly<Record<Cue, string>> = {
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
    payout payouts pnr booking customer user cust arn hsn receipt batch lot version build model isbn ean upc barcode
    coupon token voucher policy roll size area fax_id
    ऑर्डर आर्डर ट्रैकिंग पार्सल शिपमेंट लेनदेन यूटीआर रेफरेंस संदर्भ बिल टिकट शिकायत उत्पाद ओटीपी पिन पिनकोड भुगतान_आईडी ग्राहक`,
};

/** Words that may separate a cue from its number. */
const connectives = new Set(
  `number numbers no nos num nr id ids code is was are hai h the a an my mera meri mere of for ka ki ke ko se in on
    latest last wala wali old new hain tha thi and or aur ya nahi to me mein dash
    नंबर नम्बर संख्या आईडी कोड है हैं था थे का की के को और या मेरा मेरी मेरे आखिरी अंतिम में`.split(/\s+/),
);

const cues = new Map<string, Cue>(
  Object.entries(words).flatMap(([cue, list]) =>
    list.split(/\s+/).map((word): [string, Cue] => [word, cue as Cue]),
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
}

const none: Hint = { cue: undefined, close: false };

/** A normalised text, and the cue in the name of its field. */
export interface Reading {
  readonly text: string;
  readonly name: Hint;
}

/** The hint of the nearest cue before `start`, else of the nearest after `end`, else of the field's name. */
export function hintAt({ text, name }: Reading, start: number, end: number): Hint {
  const before = text.slice(Math.max(0, start - reach), start).match(word);
  const hint = before === null ? none : nearest(before.toReversed());
  if (hint.cue !== undefined) return hint;
  const after = text.slice(end, end + reach / 2).match(word);
  const behind = after === null ? none : nearest(after.slice(0, 4));
  return behind.cue === undefined ? name : behind;
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
  return { ...nearest(words.toReversed()), close: true };
}

function nearest(list: readonly string[]): Hint {
  let close = true;
  let named = false;
  for (const [index, found] of list.slice(0, mostWords).entries()) {
    const lower = found.toLowerCase();
    const cue = cues.get(lower);
    if (cue === 'id') return { cue, close: close || named };
    if (cue !== undefined) return { cue: cue === 'card' ? cardOf(list[index + 1]) : cue, close };
    if (/^\d/.test(found)) break;
    named ||= lower === 'id' || lower === 'ids' || lower === 'आईडी';
    close &&= connectives.has(lower);
  }
  return named ? { cue: 'id', close: true } : none;
}

/** The word before `card` decides which. */
function cardOf(before = ''): Cue {
  return cues.get(before.toLowerCase()) === 'aadhaar' ? 'aadhaar' : 'card';
}
