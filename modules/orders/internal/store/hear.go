package store

import (
	"time"

	"gorm.io/gorm"

	"galleria/modules/orders/internal/order"
	"galleria/platform/database"
)

// DueWork is what announces that an order became due.
const DueWork = "due orders"

// What events of payments change, in their transactions. A change of the order
// that is being made meanwhile is made again, for it did not know of the event:
// that is what the version is raised for.

// PaymentSettled has the driver look at the payment of an order that is being
// placed, and of one whose money is held: it may have been let go. One that failed
// before must not keep the money.
func PaymentSettled(tx *gorm.DB, orderID string, paid bool, now time.Time) error {
	database.Announce(tx, DueWork)
	err := tx.Exec("UPDATE orders SET due_at = ?, attempts = 0, version = version + 1 WHERE id = ?"+
		" AND (status = 'placing' OR status = 'open' AND payment_state = 'authorized')",
		now.UnixMicro(), orderID).Error
	if err != nil || !paid {
		return err
	}
	return tx.Exec("UPDATE orders SET give_back = TRUE, due_at = ?, attempts = 0, version = version + 1 WHERE id = ? AND status = 'failed'",
		now.UnixMicro(), orderID).Error
}

// RefundSettled has the driver look at the refunds of an order. One that failed is
// asked about once more also when it had succeeded: a bank may send money back days
// later. So is one that succeeded after an operator had left it, and one that was given up,
// for payments has it. refundID is payments' name for it.
func RefundSettled(tx *gorm.DB, orderID, refundID string, failed bool, now time.Time) error {
	database.Announce(tx, DueWork)
	refund, attempt := order.RefundOf(refundID)
	// The order's row first, as Save has it: this waits for an answer that is just being stored,
	// and then sees it.
	err := tx.Exec("UPDATE orders SET due_at = ?, attempts = 0, version = version + 1 WHERE id = ? AND has_parts", now.UnixMicro(), orderID).Error
	if err != nil {
		return err
	}
	const ofRefund = " WHERE id = ? AND attempt = ? AND order_id = ?"
	err = tx.Exec("UPDATE order_refunds SET failure = '', accepted = TRUE"+ofRefund+" AND status = 'pending' AND failure = ?",
		refund, attempt, orderID, order.Unanswered).Error
	if err != nil {
		return err
	}
	if failed {
		return tx.Exec("UPDATE order_refunds SET status = 'pending', failure = ?"+ofRefund+" AND status = 'succeeded'",
			order.TakenBack, refund, attempt, orderID).Error
	}
	return tx.Exec("UPDATE order_refunds SET status = 'pending'"+ofRefund+" AND status = 'failed' AND failure LIKE ?",
		refund, attempt, orderID, order.LeftByOperator+"%").Error
}

// NeedAttention asks for an operator. If one is asked for already, the reasons add up, as
// those of package order do: one that is named already changes nothing, and neither does
// any when there are enough.
func NeedAttention(tx *gorm.DB, orderID, reason string, now time.Time) error {
	return tx.Exec(`UPDATE orders SET attention = CASE attention WHEN '' THEN '' ELSE attention || '; ' END || CAST(? AS TEXT),
		attention_since = CASE attention WHEN '' THEN CAST(? AS BIGINT) ELSE attention_since END, version = version + 1
		WHERE id = ? AND REPLACE(attention, CAST(? AS TEXT), '') = attention AND OCTET_LENGTH(attention) < ?`,
		reason, now.UnixMicro(), orderID, reason, order.LongestReason).Error
}
