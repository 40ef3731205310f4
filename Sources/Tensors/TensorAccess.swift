/// What can be lent to a closure as a pointer: a tensor, or perhaps none.
package protocol Lendable {
  /// What the closure gets.
  associatedtype Pointer
  /// The pointer; only ``withPointers(to:body:)`` can ask for it.
  func pointer(_ permission: LendingPermission) -> Pointer
}

/// What nobody outside of this file can make.
package struct LendingPermission {
  fileprivate init() {}
}

extension Tensor: Lendable {
  package func pointer(_ permission: LendingPermission) -> UnsafePointer<Float> {
    UnsafePointer(memory.elements.baseAddress!)
  }
}

extension Tensor?: Lendable {
  package func pointer(_ permission: LendingPermission) -> UnsafePointer<Float>? {
    self?.pointer(permission)
  }
}

/// Lends the elements of several tensors for reading; the pointers are good until the closure returns.
package func withPointers<each T: Lendable, R, E>(
  to tensors: repeat each T, body: (repeat (each T).Pointer) throws(E) -> R
) throws(E) -> R {
  let permission = LendingPermission()
  defer { withExtendedLifetime((repeat each tensors)) {} }
  return try body(repeat (each tensors).pointer(permission))
}

/// Lends the elements of two tensors for writing; the pointers are good until the closure returns.
package func withMutablePointers<R, E>(
  to a: inout Tensor, _ b: inout Tensor,
  _ body: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) throws(E) -> R
) throws(E) -> R {
  try a.withMutablePointer { a throws(E) in try b.withMutablePointer { b throws(E) in try body(a, b) } }
}

extension Tensor {
  /// A tensor whose elements `fill` writes, every one: at first they are whatever the memory held.
  package init<E>(_ shape: [Int], fill: (UnsafeMutablePointer<Float>) throws(E) -> Void) throws(E) {
    self.init(uninitialized: shape)
    try withMutablePointer(fill)
  }

  /// Lends the elements for writing, after copying them if another tensor shares them.
  package mutating func withMutablePointer<R, E>(
    _ body: (UnsafeMutablePointer<Float>) throws(E) -> R
  ) throws(E) -> R {
    try withMutableElements { elements throws(E) in try body(elements.baseAddress!) }
  }
}
