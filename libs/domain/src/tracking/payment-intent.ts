const paymentWords = new Set(
  [
    'pay',
    'paid',
    'payment',
    'payout',
    'salary',
    'earning',
    'refund',
    'invoice',
    'settlement',
    'incentive',
  ].flatMap((word) => [word, `${word}s`]),
);

/** Whether the words of an intent concern money: `ask_payment_status`, `MakePayment`, `late-payout`. */
export function isPaymentIntent(intent: string): boolean {
  return intent
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .some((word) => paymentWords.has(word));
}
