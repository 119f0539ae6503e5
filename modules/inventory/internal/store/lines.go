package store

import (
	"encoding/json"
	"fmt"

	"galleria/modules/inventory/internal/stock"
)

// encode writes lines as they are stored: [["mug-blue",2],["tea",1]].
func encode(lines stock.Lines) string {
	pairs := make([][2]any, 0, len(lines))
	for _, l := range lines {
		pairs = append(pairs, [2]any{l.SKU, l.Quantity})
	}
	text, err := json.Marshal(pairs)
	if err != nil {
		panic(err) // strings and numbers can always be written
	}
	return string(text)
}

func decode(text string) (stock.Lines, error) {
	var pairs [][2]json.RawMessage
	if err := json.Unmarshal([]byte(text), &pairs); err != nil {
		return nil, fmt.Errorf("stored lines: %w", err)
	}
	lines := make(stock.Lines, len(pairs))
	for i, pair := range pairs {
		if err := json.Unmarshal(pair[0], &lines[i].SKU); err != nil {
			return nil, fmt.Errorf("stored lines: sku: %w", err)
		}
		if err := json.Unmarshal(pair[1], &lines[i].Quantity); err != nil {
			return nil, fmt.Errorf("stored lines: quantity: %w", err)
		}
	}
	return lines, nil
}
