public import Tensors

/// Points in tensors.
public enum Points {
  /// The points of a tensor whose last dimension is x, y, z.
  public static func all(of tensor: Tensor) -> [Point] {
    precondition(tensor.shape.last == 3, "\(tensor.shape) contains no points")
    return tensor.withElements { elements in
      stride(from: 0, to: elements.count, by: 3).map {
        Point(elements[$0], elements[$0 + 1], elements[$0 + 2])
      }
    }
  }

  /// A tensor `[points, 3]`.
  public static func tensor(_ points: [Point]) -> Tensor {
    Tensor([points.count, 3], points.flatMap { [$0.x, $0.y, $0.z] })
  }
}
