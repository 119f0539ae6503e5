// Package protocopy copies Protobuf messages as a network would: what comes out
// is what encoding and decoding makes of a message, without doing either.
//
//	c := protocopy.For(&v1.GetLetterResponse{})
//	err := c.Copy(dst, src, 16<<20)
//
// The copy shares nothing with the original. As after decoding, empty lists, maps
// and bytes are nil; bytes in lists, maps and oneofs never are; nil messages in
// lists and maps are empty ones. Refused is what could not have been sent: text
// that is not UTF-8, messages larger than the given size, and nesting deeper than
// MaxDepth.
//
// # Limits
//
// Fields of the common kinds (numbers, texts, bytes, messages, lists of texts and
// of messages) are copied by their offsets in the struct; the rarer ones by
// package reflect. It is made for messages that protoc-gen-go generates with its
// open API from proto3 files. All others are encoded and decoded, which is right,
// and some ten times slower.
//
// # Why unsafe is sound here
//
// Every offset and every type comes from package reflect, so nothing is assumed
// of where a field lies. What is assumed:
//
//   - Of protoc-gen-go: a message is a struct with a field for each field of the
//     descriptor, and state, sizeCache and unknownFields beside them. A struct with
//     anything else is encoded and decoded instead. So is one that fails the trial:
//     For copies a sample with every field set, and compares it with what encoding
//     and decoding makes of the sample.
//   - Of Go: a slice of pointers may be seen as a slice of unsafe.Pointer (the
//     language defines their layouts as the same), and what layout.go says of
//     reflect.unsafe_New. A toolchain without that name does not link the program.
//
// Memory is always allocated as a type that holds every pointer in it, so that the
// garbage collector sees them; go test -race checks pointers (checkptr), too.
//
// Why there is such a package, with figures: docs/adr/0001.
package protocopy
