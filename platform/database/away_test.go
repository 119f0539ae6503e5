package database_test

import (
	"log/slog"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

func TestADatabaseThatIsAwayIsUnavailable(t *testing.T) {
	o := databasetest.Postgres(t)
	network := throughNetwork(t, &o)
	o.Migrations, o.Log = notes, slog.New(slog.DiscardHandler)
	d, err := database.Open(background, o)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close(background)
	read := func() error {
		var one int
		return d.Read(background).Raw("SELECT 1").Scan(&one).Error
	}
	if err := read(); err != nil {
		t.Fatal(err)
	}
	network.cut()
	for i := range 3 { // connections that broke, and then new ones
		if err := read(); status.Code(err) != codes.Unavailable {
			t.Errorf("read %d: got %v (%s), want that it is unavailable", i+1, err, status.Code(err))
		}
		if err := d.Write(background, insert("x")); status.Code(err) != codes.Unavailable {
			t.Errorf("write %d: got %v (%s), want that it is unavailable", i+1, err, status.Code(err))
		}
	}
}
