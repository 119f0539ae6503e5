package store

import (
	"encoding/json"

	"galleria/modules/inventory/internal/stock"
)

// encode writes lines as they are stored and compared: [["mug-blue",2],["tea",1]].
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
