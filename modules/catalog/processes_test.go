package catalog_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"galleria/migrations"
	"galleria/modules/catalog"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/contract"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/id"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
)

// process is the catalog as one of several processes has it: a database handle
// of its own, and its work running.
type process struct {
	catalogv1.CatalogServiceServer
	db *database.DB
}

func start(t testing.TB, db *database.DB) process {
	t.Helper()
	instance, err := catalog.New(module.Host{DB: db, Log: quiet(), Now: time.Now}, catalog.Needs{}, catalog.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { instance.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	return process{instance.Server.(catalogv1.CatalogServiceServer), db}
}

// together runs a test on two processes that share a database.
func together(t *testing.T, test func(t *testing.T, here, there process)) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Module, o.Migrations = catalog.Name, migrations.For(catalog.Name)
		test(t, start(t, databasetest.Open(t, o)), start(t, databasetest.Open(t, o)))
	})
}

func (p process) put(ctx context.Context, products ...*catalogv1.Product) error {
	_, err := p.UpsertProducts(moduletest.Direct(ctx), &catalogv1.UpsertProductsRequest{Products: products})
	return err
}

func (p process) name(t *testing.T, sku string) string {
	t.Helper()
	got, err := p.GetProducts(t.Context(), &catalogv1.GetProductsRequest{Skus: []string{sku}})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.GetProducts()) == 0 {
		return ""
	}
	return got.GetProducts()[0].GetName()
}

// eventually waits for a condition, long enough for a machine under load.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came to this: %s", what)
		}
	}
}

func TestAChangeShowsAtOnceHereAndSoonElsewhere(t *testing.T) {
	together(t, func(t *testing.T, here, there process) {
		for i := range 3 {
			p := catalogtest.Product("A")
			p.Name = fmt.Sprint("Name ", i)
			if err := here.put(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			if got := here.name(t, "A"); got != p.Name {
				t.Errorf("where it was written: got %q, want %q", got, p.Name)
			}
			eventually(t, "the other process shows "+p.Name, func() bool { return there.name(t, "A") == p.Name })
			here, there = there, here
		}
	})
}

// Each time the other process is asked before it can have looked by itself.
func TestAChangeShowsElsewhereAtOnceToThoseWhoAskForWhatIsStored(t *testing.T) {
	together(t, func(t *testing.T, here, there process) {
		for i := range 20 {
			p := catalogtest.Product("A")
			p.Name = fmt.Sprint("Name ", i)
			if err := here.put(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			got, err := there.GetProducts(t.Context(), &catalogv1.GetProductsRequest{Skus: []string{"A"}, Current: true})
			if err != nil || len(got.GetProducts()) != 1 || got.GetProducts()[0].GetName() != p.Name {
				t.Fatalf("got %v, %v, want %q", got, err, p.Name)
			}
			here, there = there, here
		}
	})
}

func TestCategoriesShowElsewhereToo(t *testing.T) {
	together(t, func(t *testing.T, here, there process) {
		_, err := here.UpsertCategories(moduletest.Direct(t.Context()), &catalogv1.UpsertCategoriesRequest{Categories: []*catalogv1.Category{{Slug: "new", Name: "New", Withdrawn: true}}})
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "the other process shows the category", func() bool {
			got, err := there.ListCategories(t.Context(), &catalogv1.ListCategoriesRequest{WithWithdrawn: true})
			return err == nil && len(got.GetCategories()) == 1 && got.GetCategories()[0].GetWithdrawn()
		})
	})
}

// The other process has not seen the first product when it writes the second.
func TestASlugTakenElsewhereAMomentAgoIsTaken(t *testing.T) {
	together(t, func(t *testing.T, here, there process) {
		for i := range 20 {
			a, b := catalogtest.Product(fmt.Sprint("A", i)), catalogtest.Product(fmt.Sprint("B", i))
			a.Slug, b.Slug = fmt.Sprint("slug-", i), fmt.Sprint("slug-", i)
			b.Id = id.New() // without one it would be the product of that slug
			if err := here.put(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			err := there.put(t.Context(), b)
			if !contract.Is(err, catalogv1.Reason_REASON_SLUG_TAKEN) {
				t.Errorf("slug %s: got %v, want %s with REASON_SLUG_TAKEN", b.Slug, err, codes.AlreadyExists)
			}
			b.Id, b.Slug, b.Name = "", "", a.Name // made of the name, it gets a number
			if err := there.put(t.Context(), b); err != nil {
				t.Errorf("slug from a name that is taken: %v", err)
			}
		}
	})
}

func TestProcessesThatWriteAtOnceShareSlugsOut(t *testing.T) {
	together(t, func(t *testing.T, here, there process) {
		const writers, each = 6, 8
		var racing sync.WaitGroup
		for w := range writers {
			p := here
			if w%2 == 1 {
				p = there
			}
			racing.Go(func() {
				for i := range each {
					mug := catalogtest.Product(fmt.Sprintf("S-%d-%d", w, i))
					mug.Name = "Mug"
					if err := p.put(t.Context(), mug); err != nil {
						t.Errorf("writer %d: %v", w, err)
					}
				}
			})
		}
		racing.Wait()
		slugs := []string{"mug"}
		for n := 2; n <= writers*each; n++ {
			slugs = append(slugs, fmt.Sprint("mug-", n))
		}
		for name, p := range map[string]process{"here": here, "there": there} {
			eventually(t, "every slug is used "+name, func() bool {
				got, err := p.GetProducts(t.Context(), &catalogv1.GetProductsRequest{Slugs: slugs})
				return err == nil && len(got.GetProducts()) == len(slugs)
			})
		}
	})
}

func TestARestartFindsEverything(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Module, o.Migrations = catalog.Name, migrations.For(catalog.Name)
		db := databasetest.Open(t, o)
		before := start(t, db)
		if err := before.put(t.Context(), catalogtest.Product("A"), catalogtest.Product("B")); err != nil {
			t.Fatal(err)
		}
		want, err := before.ListProducts(t.Context(), &catalogv1.ListProductsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := start(t, db).ListProducts(t.Context(), &catalogv1.ListProductsRequest{})
		if err != nil || got.String() != want.String() {
			t.Errorf("after a restart: got %v and %v, want %v", got, err, want)
		}
	})
}

func TestAWriteCostsFewStatementsWhateverItsSize(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Module, o.Migrations = catalog.Name, migrations.For(catalog.Name)
		db := databasetest.Open(t, o)
		instance, err := catalog.New(module.Host{DB: db, Log: quiet(), Now: time.Now}, catalog.Needs{}, catalog.DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		p := process{instance.Server.(catalogv1.CatalogServiceServer), db}
		products := many(500)
		write := func() {
			if err := p.put(t.Context(), products...); err != nil {
				t.Fatal(err)
			}
		}
		// Raise the version, write categories (they are deleted no more), products
		// and variants; then read the version twice, what changed of products,
		// variants and categories.
		if got := databasetest.CountStatements(db, write); got > 10 {
			t.Errorf("statements for 500 new products: got %d, want at most 10", got)
		}
		if got := databasetest.CountStatements(db, write); got > 2 {
			t.Errorf("statements for 500 products that are there: got %d, want at most 2", got)
		}
		read := func() {
			if _, err := p.ListProducts(t.Context(), &catalogv1.ListProductsRequest{Query: "product"}); err != nil {
				t.Fatal(err)
			}
			p.name(t, catalogtest.SKU(products[7]))
		}
		if got := databasetest.CountStatements(db, read); got != 0 {
			t.Errorf("statements for reading: got %d, want none", got)
		}
	})
}

// A change can be taken back by a process that was started after it.
func TestWhatAProductSaidOutlivesTheProcess(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Module, o.Migrations = catalog.Name, migrations.For(catalog.Name)
		db := databasetest.Open(t, o)
		p := start(t, db)
		for _, name := range []string{"First", "Second"} {
			changed := catalogtest.Product("A")
			changed.Name = name
			if err := p.put(t.Context(), changed); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		p = start(t, databasetest.Open(t, o))
		now, err := p.GetProducts(t.Context(), &catalogv1.GetProductsRequest{Skus: []string{"A"}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.GetEarlierProduct(moduletest.Direct(t.Context()), &catalogv1.GetEarlierProductRequest{Id: now.GetProducts()[0].GetId(), Version: now.GetProducts()[0].GetVersion()})
		if err != nil || got.GetProduct().GetName() != "First" {
			t.Errorf("got %v, %v, want the first name", got, err)
		}
	})
}

// A database put back from an older copy has an older version.
func TestADatabasePutBackIsFollowed(t *testing.T) {
	together(t, func(t *testing.T, here, _ process) {
		if err := here.put(t.Context(), catalogtest.Product("A")); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"First", "Second"} {
			p := catalogtest.Product("A")
			p.Name = name
			if err := here.put(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
		putBack(t, here.db)
		eventually(t, "the older name shows again", func() bool { return here.name(t, "A") == "First" })
	})
}

func TestDeletionsShowElsewhereToo(t *testing.T) {
	together(t, func(t *testing.T, here, there process) {
		if err := here.put(t.Context(), catalogtest.Product("A"), catalogtest.Product("B")); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the other process shows the product", func() bool { return there.name(t, "A") != "" })
		got, err := there.GetProducts(t.Context(), &catalogv1.GetProductsRequest{Skus: []string{"A"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := here.DeleteProducts(moduletest.Direct(t.Context()), &catalogv1.DeleteProductsRequest{Ids: []string{got.GetProducts()[0].GetId()}}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the other process shows it no more", func() bool { return there.name(t, "A") == "" })
		if there.name(t, "B") == "" {
			t.Error("the other product is gone, too")
		}
	})
}
