package console

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"galleria/app/console/internal/view"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/contract"
)

// fieldProblems are what is wrong with a form, by the names of its fields, in sentences.
type fieldProblems map[string]string

func (f fieldProblems) add(field, format string, args ...any) {
	f[field] = strings.TrimSpace(f[field] + " " + fmt.Sprintf(format, args...))
}

// refused finds the fields that the catalog refuses. What belongs to none is words for the
// head of the page.
func (t *typed) refused(err error) (words string) {
	switch {
	case contract.Is(err, catalogv1.Reason_REASON_SLUG_TAKEN):
		t.wrong.add("slug", "Another product has the place %s.", contract.Metadata(err, "slug"))
	case contract.Is(err, catalogv1.Reason_REASON_SKU_TAKEN):
		sku := contract.Metadata(err, "sku")
		at := slices.IndexFunc(t.product.GetVariants(), func(v *catalogv1.Variant) bool { return v.GetSku() == sku })
		if at < 0 {
			return "Another product has the sku " + sku + "."
		}
		t.wrong.add(variantField(t.variants[at], "sku"), "Another product has this sku.")
	}
	var others []string
	for _, v := range contract.Violations(err) {
		field, entry := t.fieldOf(strings.TrimPrefix(v.Field, "products[0]."))
		message := strings.ToUpper(v.Message[:min(1, len(v.Message))]) + v.Message[min(1, len(v.Message)):] + "."
		switch {
		case field == "":
			others = append(others, v.Field+": "+message)
		case entry != "":
			t.wrong.add(field, "Number %s: %s", entry, message)
		default:
			t.wrong.add(field, "%s", message)
		}
	}
	return strings.Join(others, " ")
}

// element is a part of a list: attributes[1].name.
var element = regexp.MustCompile(`^([a-z_]+)\[(\d+)\](?:\.(.*))?$`)

// fieldOf is the form's field for one of the contract; with the number of its entry, counted
// from 1, where the field has several.
func (t *typed) fieldOf(name string) (field, entry string) {
	part := element.FindStringSubmatch(name)
	if part == nil {
		switch name {
		case "variants":
			return variantField(0, "sku"), ""
		case "pictures":
			return addPictures, ""
		case "name", "slug", "category", "description", "tags", "attributes", "options":
			return name, ""
		}
		return "", ""
	}
	n, err := strconv.Atoi(part[2])
	switch {
	case err != nil:
		return "", ""
	case part[1] == "pictures" && n < len(t.pictures):
		return t.pictures[n], ""
	case part[1] == "variants" && n < len(t.variants):
		of, _, _ := strings.Cut(part[3], "[")
		if of = map[string]string{"sku": "sku", "option_values": "options", "prices": "prices", "weight_grams": "weight", "tax_class": "tax", "picture": "picture"}[of]; of == "" {
			return "", ""
		}
		return variantField(t.variants[n], of), ""
	case part[1] == "tags", part[1] == "attributes", part[1] == "options":
		return part[1], strconv.Itoa(n + 1)
	}
	return "", ""
}

// focusFirst puts the cursor into the first field of a page that is wrong, and tells how many
// are.
func focusFirst(page *view.Product) (wrong int) {
	look := func(f *view.Field) {
		if f.Problem != "" {
			wrong++
			f.Focus = wrong == 1
		}
	}
	each := func(fields []view.Field) {
		for i := range fields {
			look(&fields[i])
		}
	}
	each(page.About)
	for _, picture := range page.Pictures {
		each(picture.Fields)
	}
	look(&page.AddPictures)
	for _, variant := range page.Variants {
		each(variant)
	}
	return wrong
}
