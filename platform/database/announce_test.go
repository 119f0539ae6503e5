package database_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"time"

	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

func TestCommitsPokeEveryListener(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, open func(fs.FS) *database.DB) {
		d := open(notes)
		a, _ := d.Committed("")
		b, _ := d.Committed("")
		_ = d.Write(background, func(*gorm.DB) error { return errors.New("no") })
		select {
		case <-a:
			t.Error("poked although nothing was committed")
		default:
		}
		for i := range 3 {
			if err := d.Write(background, insert(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		<-a
		<-b
	})
}

func TestAnnouncedWorkPokesThoseWhoWaitForIt(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, open func(fs.FS) *database.DB) {
		d := open(notes)
		letters, _ := d.Committed("letters")
		parcels, _ := d.Committed("parcels")
		write := func(announce bool, result error) {
			t.Helper()
			err := d.Write(background, func(tx *gorm.DB) error {
				if announce {
					database.Announce(tx.Session(&gorm.Session{}), "letters")
				}
				return result
			})
			if !errors.Is(err, result) {
				t.Fatal(err)
			}
		}
		poked := func(c <-chan struct{}) bool {
			select {
			case <-c:
				return true
			default:
				return false
			}
		}
		write(false, nil)
		write(true, errors.New("no"))
		if poked(letters) {
			t.Error("poked although no letters were announced by what was committed")
		}
		write(true, nil)
		<-letters
		if poked(parcels) {
			t.Error("letters poked those who wait for parcels")
		}
	})
}

// Work that fails is begun again on the same database, every second for as long as its
// cause lasts.
func TestWorkThatEndsLeavesNoListenerBehind(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, open func(fs.FS) *database.DB) {
		d := open(notes)
		stays, end := d.Committed("")
		defer end()
		before := database.Listeners(d)
		for range 3 {
			pace := d.Pace("", time.Hour, time.Hour)
			commits, end := d.Committed("letters")
			pace.End()
			pace.End() // a second time it does nothing
			end()
			if err := d.Write(background, func(tx *gorm.DB) error { database.Announce(tx, "letters"); return nil }); err != nil {
				t.Fatal(err)
			}
			<-stays
			select {
			case <-commits:
				t.Error("a commit was told to a listener that had ended")
			default:
			}
		}
		if got := database.Listeners(d); got != before {
			t.Errorf("after three times got %d listeners, want %d as before", got, before)
		}
	})
}
