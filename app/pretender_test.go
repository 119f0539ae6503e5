package app_test

import (
	"context"
	"net"
	"path/filepath"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/descriptorpb"

	"galleria/app/shoptest"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/certs"
	"galleria/platform/contract"
	processv1 "galleria/platform/process/v1"
)

// pretender is another program's process: it has a certificate of the shop's,
// shows the shop's own store, and says of its contract what it was told.
type pretender struct {
	processv1.UnimplementedProcessServiceServer
	says *processv1.DescribeResponse
}

func (p pretender) Describe(context.Context, *processv1.DescribeRequest) (*processv1.DescribeResponse, error) {
	return p.says, nil
}

// otherPayments serves payments by a contract that is all the shop's but for
// the type of one field: amounts are text there.
func otherPayments(t *testing.T, shop *shoptest.Shop) (address string) {
	t.Helper()
	service, err := contract.Service(paymentsv1.PaymentsService_ServiceDesc.ServiceName)
	if err != nil {
		t.Fatal(err)
	}
	files := contract.Files(service)
	amount := field(files, "StartPaymentRequest", "amount_minor")
	if amount == nil {
		t.Fatal("the contract has no field StartPaymentRequest.amount_minor: change another one")
	}
	amount.Type = descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum()
	return pretend(t, shop, &processv1.DescribeResponse{
		Module: "payments", Contract: files, StoreId: shop.Table(t)["payments"].StoreID, Process: "another program",
	})
}

func field(files *descriptorpb.FileDescriptorSet, message, name string) *descriptorpb.FieldDescriptorProto {
	for _, file := range files.GetFile() {
		for _, m := range file.GetMessageType() {
			for _, f := range m.GetField() {
				if m.GetName() == message && f.GetName() == name {
					return f
				}
			}
		}
	}
	return nil
}

// pretend serves the handshake with a certificate an operator issued.
func pretend(t *testing.T, shop *shoptest.Shop, says *processv1.DescribeResponse) (address string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "certs")
	if out, code := shop.Run(t, "certs", "--for", says.GetModule(), "--out", dir); code != 0 {
		t.Fatalf("certs ended with %d: %s", code, out)
	}
	id, err := certs.FromFiles(certs.Files{
		Certificate: filepath.Join(dir, "certificate.pem"), Key: filepath.Join(dir, "key.pem"), Authority: filepath.Join(dir, "authority.pem"),
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.Creds(id.Server()))
	processv1.RegisterProcessServiceServer(server, pretender{says: says})
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		<-served
	})
	return listener.Addr().String()
}
