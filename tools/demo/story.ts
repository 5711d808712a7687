import type { Channel, CommandItem } from '@turnstream/sdk';

/** One exchange of the conversation: its commands are one append. */
export interface Scene {
  readonly title: string;
  readonly channel: Channel;
  readonly commands: readonly CommandItem[];
}

export const partner = { name: 'Asha', region: 'Pune', device: 'android-14' } as const;

const payments = { system: 'payments', reference: 'PO-2210' } as const;

/** A late payout, an order in between, English and Hindi, WhatsApp and then the phone. */
export const story: readonly Scene[] = [
  {
    title: 'Asha writes on WhatsApp',
    channel: 'whatsapp',
    commands: [
      { type: 'SetGoal', goal: 'resolve_payment', step: 'find_payout' },
      {
        type: 'RecordTurn',
        sender: 'user',
        message_text: 'Hi, my payout for October still has not come.',
        parsed_intent: 'ask_payment_status',
        intent_confidence: 0.94,
        extracted_entities: { month: 'October' },
        response_text: 'I am sorry, Asha. I am looking for it now.',
        bot_action: 'find_payout',
      },
    ],
  },
  {
    title: 'The payment system answers',
    channel: 'whatsapp',
    commands: [
      {
        type: 'RecordExternalUpdate',
        ...payments,
        kind: 'payout_held',
        data: { amount: 8450, currency: 'INR', status: 'on_hold', reason: 'bank account changed' },
        source_event_id: 'payout-held',
      },
      { type: 'UpdateGoal', goal: 'resolve_payment', step: 'verify_bank' },
      {
        type: 'RecordTurn',
        sender: 'bot',
        message_text:
          'Your ₹8,450 are on hold because your bank account changed. Which four digits does the new one end with?',
        bot_action: 'ask_account_digits',
      },
    ],
  },
  {
    title: 'Another question comes first: the payout waits',
    channel: 'whatsapp',
    commands: [
      { type: 'SetGoal', goal: 'track_order' },
      {
        type: 'RecordTurn',
        sender: 'user',
        message_text: 'One moment. The customer of ORD9823 is calling, where is that parcel?',
        parsed_intent: 'ask_order_status',
        intent_confidence: 0.91,
        extracted_entities: { order_id: 'ORD9823' },
        response_text: 'Let me ask the hub.',
        bot_action: 'look_up_order',
      },
    ],
  },
  {
    title: 'The hub knows: the order is done, the payout returns',
    channel: 'whatsapp',
    commands: [
      {
        type: 'RecordExternalUpdate',
        system: 'logistics',
        kind: 'shipment_updated',
        reference: 'ORD9823',
        data: { order_id: 'ORD9823', status: 'out_for_delivery', tracking_id: 'TRK551' },
        source_event_id: 'shipment-out',
      },
      {
        type: 'RecordTurn',
        sender: 'bot',
        message_text: 'It left the hub at 3 and is with the customer before 6.',
        bot_action: 'tell_order_status',
      },
      { type: 'UpdateGoal', goal: 'track_order', status: 'completed' },
    ],
  },
  {
    title: 'Rather in Hindi',
    channel: 'whatsapp',
    commands: [
      { type: 'ChangePreferences', preferences: { language: 'hi' } },
      {
        type: 'RecordTurn',
        sender: 'user',
        message_text: 'ठीक है। क्या हम हिंदी में बात कर सकते हैं?',
        parsed_intent: 'change_language',
        intent_confidence: 0.98,
        response_text: 'ज़रूर, आशा जी। आपके नए खाते के आख़िरी चार अंक क्या हैं?',
        bot_action: 'ask_account_digits',
      },
    ],
  },
  {
    title: 'She rides on and calls instead: same conversation, other channel',
    channel: 'ivr',
    commands: [
      { type: 'SwitchChannel', channel: 'ivr' },
      {
        type: 'RecordTurn',
        sender: 'user',
        message_text: 'मैं अभी स्कूटर पर हूँ, इसलिए फ़ोन किया। अंक हैं चार आठ दो एक।',
        parsed_intent: 'give_account_digits',
        intent_confidence: 0.83,
        extracted_entities: { account_digits: '4821' },
        response_text: 'धन्यवाद। खाता मेल खा गया है।',
        bot_action: 'confirm_account',
      },
      { type: 'UpdateGoal', goal: 'resolve_payment', step: 'release_payout' },
    ],
  },
  {
    title: 'The same question again, and the system notices',
    channel: 'ivr',
    commands: [
      {
        type: 'RecordTurn',
        sender: 'user',
        message_text: 'तो अक्टूबर का पैसा कब आएगा?',
        parsed_intent: 'ask_payment_status',
        intent_confidence: 0.95,
        extracted_entities: { month: 'October' },
        response_text: 'आज शाम सात बजे तक। देर के लिए क्षमा करें।',
        bot_action: 'promise_payout',
      },
      { type: 'RaiseFlag', flag: 'payout_promised', value: 'today 19:00' },
    ],
  },
  {
    title: 'Paid; one thing is left for later',
    channel: 'ivr',
    commands: [
      {
        type: 'RecordExternalUpdate',
        ...payments,
        kind: 'payout_released',
        data: { amount: 8450, currency: 'INR', status: 'paid' },
        source_event_id: 'payout-released',
      },
      { type: 'UpdateGoal', goal: 'resolve_payment', status: 'completed' },
      { type: 'SetGoal', goal: 'send_bank_letter' },
      {
        type: 'RecordTurn',
        sender: 'user',
        message_text: 'पैसा आ गया! बैंक का पत्र मैं कल भेज दूँगी।',
        parsed_intent: 'say_thanks',
        intent_confidence: 0.88,
        response_text: 'बहुत अच्छा। शुभ यात्रा, आशा जी!',
        bot_action: 'say_goodbye',
      },
      { type: 'EndSession', reason: 'resolved' },
    ],
  },
];
