package money

import "strings"

// exponents is how many decimals each currency of ISO 4217 has. Precious
// metals, units of account and test codes are left out: they are not paid with.
var exponents = table(map[int]string{
	0: `BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF`,
	2: `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN
		BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB
		EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR
		JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT
		MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP
		PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN
		SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST
		XCD XCG YER ZAR ZMW ZWG`,
	3: `BHD IQD JOD KWD LYD OMR TND`,
})

// Step is the smallest amount that is charged in a currency, in minor units: 1, but 10 in
// the currencies whose third decimal is written, but taken by hardly anyone who moves money.
// Every amount that moves is a multiple of it, so what is rounded is rounded to it.
func Step(currency string) int64 {
	switch currency {
	case "BHD", "JOD", "KWD", "OMR", "TND":
		return 10
	}
	return 1
}

// symbols stand before the amount. Several currencies share "$" and "¥"; those
// signs go to the ones they are most widely read as.
var symbols = map[string]string{
	"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩",
	"ILS": "₪", "UAH": "₴", "TRY": "₺", "VND": "₫", "NGN": "₦", "PHP": "₱",
	"AUD": "A$", "CAD": "CA$", "NZD": "NZ$", "HKD": "HK$", "TWD": "NT$",
	"BRL": "R$", "MXN": "MX$", "CNY": "CN¥",
}

func table(byExponent map[int]string) map[string]int {
	all := make(map[string]int)
	for exponent, codes := range byExponent {
		for _, code := range strings.Fields(codes) {
			all[code] = exponent
		}
	}
	return all
}
