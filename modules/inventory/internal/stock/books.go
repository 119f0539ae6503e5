package stock

import "fmt"

// Books are what is known of one sku.
//
//	OnHand + Reserved + Sold = Received, none of them negative
type Books struct {
	SKU                              string
	OnHand, Reserved, Sold, Received int64
}

// Check says how the books are wrong, if they are.
func (b Books) Check() error {
	if b.OnHand < 0 || b.Reserved < 0 || b.Sold < 0 || b.Received < 0 {
		return fmt.Errorf("books of %s: negative: %+v", b.SKU, b)
	}
	if b.OnHand+b.Reserved+b.Sold != b.Received {
		return fmt.Errorf("books of %s: on hand %d + reserved %d + sold %d is not received %d", b.SKU, b.OnHand, b.Reserved, b.Sold, b.Received)
	}
	return nil
}

// Short is the error of a shelf that has less than was asked for.
type Short struct {
	SKU       string
	Available int64
}

func (s Short) Error() string { return fmt.Sprintf("%s: only %d on the shelf", s.SKU, s.Available) }
