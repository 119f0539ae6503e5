// Package gatewaytest is a typed client of the API, made by a generator of others from the
// OpenAPI document beside it. A test buys with it, and wants the document to be the one
// that is served.
package gatewaytest

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -generate types,client -package gatewaytest -o client.go openapi.json
