package tariff

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Tax classes with a meaning of their own. Others, such as reduced, books and food,
// mean what the table says for the place; where it says nothing they are standard.
const (
	Standard = "standard"
	Zero     = "zero"
)

// Tax is the tax of one place, written as
//
//	VAT included 19%, reduced 7%, books 7%
//	Sales tax added 7.25%, food 0%
//	none
//
// The first rate is the standard one. The zero value is no tax.
type Tax struct {
	Name     string
	Included bool
	Standard Rate
	Classes  map[string]Rate
}

var (
	taxHead  = regexp.MustCompile(`^(\p{L}[\p{L} ]{0,29}?) (included|added) (\S+ ?%)$`)
	taxClass = regexp.MustCompile(`^([a-z][a-z0-9-]{0,31}) (\S+ ?%)$`)
)

// UnmarshalText reads a tax.
func (t *Tax) UnmarshalText(text []byte) error {
	if strings.TrimSpace(string(text)) == "none" {
		*t = Tax{}
		return nil
	}
	parts := strings.Split(string(text), ",")
	head := taxHead.FindStringSubmatch(strings.TrimSpace(parts[0]))
	if head == nil {
		return fmt.Errorf("%q is not a tax such as \"VAT included 19%%, reduced 7%%\", \"Sales tax added 4%%\" or none", text)
	}
	rate, err := ParseRate(head[3])
	if err != nil {
		return err
	}
	read := Tax{Name: head[1], Included: head[2] == "included", Standard: rate}
	for _, part := range parts[1:] {
		words := taxClass.FindStringSubmatch(strings.TrimSpace(part))
		if words == nil {
			return fmt.Errorf("%q is not a tax class and its rate, such as reduced 7%%", strings.TrimSpace(part))
		}
		if rate, err = ParseRate(words[2]); err != nil {
			return err
		}
		if _, twice := read.Classes[words[1]]; twice || words[1] == Standard || words[1] == Zero && rate != 0 {
			return fmt.Errorf("the tax class %s has a rate already", words[1])
		}
		if read.Classes == nil {
			read.Classes = map[string]Rate{}
		}
		read.Classes[words[1]] = rate
	}
	*t = read
	return nil
}

// MarshalText writes a tax, its classes by name.
func (t Tax) MarshalText() ([]byte, error) {
	if t.Name == "" {
		return []byte("none"), nil
	}
	how := "added"
	if t.Included {
		how = "included"
	}
	text := fmt.Appendf(nil, "%s %s %s%%", t.Name, how, t.Standard.number())
	for _, class := range slices.Sorted(maps.Keys(t.Classes)) {
		text = fmt.Appendf(text, ", %s %s%%", class, t.Classes[class].number())
	}
	return text, nil
}

// Rate is that of a tax class; empty is the standard one.
func (t Tax) Rate(class string) Rate {
	if class == Zero {
		return 0
	}
	if rate, ok := t.Classes[class]; ok {
		return rate
	}
	return t.Standard
}

// Taxes are taxes by place: a country, as DE, or a part of one, as US-CA.
type Taxes map[string]Tax

var place = regexp.MustCompile(`^[A-Z]{2}(-[A-Z0-9]{1,3})?$`)

// ByRegion tells whether taxes of a country depend on its region.
func (t Taxes) ByRegion(country string) bool {
	for key := range t {
		if strings.HasPrefix(key, country+"-") {
			return true
		}
	}
	return false
}

// At is the tax of a destination: that of its region, else of its country, else none.
func (t Taxes) At(country, region string) Tax {
	if region != "" {
		if tax, ok := t[country+"-"+region]; ok {
			return tax
		}
	}
	return t[country]
}
