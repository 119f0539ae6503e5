package main

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/route"
)

// BenchmarkLocalRoute is the row "local route" of the table of calls, for profiles.
func BenchmarkLocalRoute(b *testing.B) {
	for _, lines := range []int{1, 5} {
		b.Run(fmt.Sprintf("lines=%d", lines), func(b *testing.B) {
			r, err := route.New("orders", &ordersv1.OrdersService_ServiceDesc, slog.Default())
			if err != nil {
				b.Fatal(err)
			}
			target, err := r.NewLocal(shelf{order: anOrder(lines)}, route.LocalOptions{})
			if err != nil {
				b.Fatal(err)
			}
			r.Point(target)
			client := ordersv1.NewOrdersServiceClient(r.For("edge"))
			b.ReportAllocs()
			for b.Loop() {
				got, err := client.GetOrder(context.Background(), orderRequest())
				if err != nil {
					b.Fatal(err)
				}
				sink.Store(got)
			}
		})
	}
}

// BenchmarkRemoteCrowd is the row of many callers over TLS, for profiles.
func BenchmarkRemoteCrowd(b *testing.B) {
	r, err := route.New("orders", &ordersv1.OrdersService_ServiceDesc, slog.Default())
	if err != nil {
		b.Fatal(err)
	}
	target, stop, err := overTLS(r, shelf{order: anOrder(1)}, 1)
	if err != nil {
		b.Fatal(err)
	}
	defer stop()
	defer target.Close()
	r.Point(target)
	client := ordersv1.NewOrdersServiceClient(r.For("edge"))
	b.SetParallelism(buyers / 2)
	began := processCPU()
	b.RunParallel(func(calls *testing.PB) {
		for calls.Next() {
			if _, err := client.GetOrder(context.Background(), orderRequest()); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(processCPU()-began)/float64(b.N), "cpu-ns/op")
}
