// Package pricing says what things cost here: with discounts, delivery and taxes, to
// the cent.
//
// It offers pricingv1.PricingService, needs the catalog, emits no events, and owns its
// tables promotions, promotion_codes, promotion_customers, redemptions, tariffs and
// pricing_state. Promotions are made by operators (galleria promotions). Taxes, zones and
// delivery rates, together the tariffs, are those of the configuration (modules.pricing in
// galleria.yaml) until an administrator changes them here.
//
// # A quote
//
//	catalog.GetOffers ──> prices ── discounts ── delivery ── taxes ──> totals, fingerprint
//	                                  promotions   rates by    by country,
//	                                  in memory    zone        region, class
//	                                              └─── tariffs, in memory ───┘
//
// Those who place orders pass on the fingerprint that the shopper saw. When another one
// comes back, something of what the shopper agreed to is different: a price in the
// catalog, a promotion that ended, or the tariffs that were changed meanwhile.
//
// # Tariffs
//
// They are replaced as a whole, and only in the version that the author of the change has
// seen. A version is made of what they say. What the configuration may not say is refused
// in a change by the same code, and more: a change that leaves no way to send anything.
// The texts are those of the configuration. Once they were changed, the configuration does
// not matter until an administrator returns to it. See docs/adr/0032.
//
// # Rounding
//
// A percentage, and the tax of a line, are rounded to the nearest minor unit, half a
// unit away from zero, once per line. An amount off several lines is shared out in
// proportion to what remains of them, by largest remainder; of equal remainders the
// lower sku gets the unit. All totals are sums of these, so the parts sum to the whole.
// There are no fractions of minor units, and no floats. In BHD, JOD, KWD, OMR and TND cards
// know two of the three decimals: prices end in 0 there, and discounts, added taxes and
// refunds are rounded to ten minor units.
//
// # Discounts
//
// All combinable promotions together are tried against each other one alone. The
// lowest total wins; of equals the combinable ones, then the lowest id. Within a set:
// free pieces first, then percentages, then amounts, each of what remains, then free
// delivery; of one kind the lower id first. Minimums look at all goods before
// discounts. Of a "buy 2 get 1" the cheapest pieces are free.
//
// # Delivery
//
// A rate names a zone, a price, and perhaps what the goods may weigh at most and must
// cost at least. The lowest rate that fits holds. The value of goods is that before
// discounts, so that no discount makes an order dearer. Free delivery makes the
// cheapest option free; others cost what they cost.
//
// # Taxes
//
// The tax is that of the destination: of its region, else its country, else none. Where
// the table has taxes of regions of a country, a destination there has to name a region of
// it, by code or name: one that has no row of its own has the country's tax, or none. For
// a destination that does not, a quote is an estimate, and orders takes none at it. Tax
// within prices is a part of them; a shop's price is the same in all countries that
// include taxes. Delivery has the highest rate of the goods in the parcel.
//
// # Invariants
//
//   - No total, line or delivery is below zero, and no discount makes a total higher.
//   - The parts sum: see the message Quote.
//   - The same request at the same moment has the same answer, in any order of lines.
//   - A promotion is never redeemed more often than its limits allow, in all and per
//     customer, who is known by the e-mail address however it is spelt, and however many
//     orders come at once: the statements that write have the limits as conditions.
//   - An order redeems once and gives back once; a Redeem after an Unredeem is refused.
//   - A voucher code belongs to one promotion. Capitals do not matter.
//   - A quote is made by one version of promotions and tariffs, never by parts of two.
//
// # When something is away
//
// Without the catalog Quote is UNAVAILABLE. Without its database a quote still works,
// by promotions and tariffs as they were, unless it has a code with a limit. Promotions
// and tariffs changed in another process hold here within modules.pricing.poll.
//
// # What it deliberately does not do
//
// It stores no quotes and reserves no use of a code: Redeem does. It keeps no earlier
// tariffs: who changed what is in the audit log. It converts no
// currencies: delivery rates and amounts are set for each. It knows no taxes of
// counties and cities, no exempt customers and no reverse charge, and does not look at
// postal codes.
package pricing
