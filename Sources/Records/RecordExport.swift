import Archives
import Models
public import Tensors

extension SweepRecord {
  /// The arrays for other programs: lengths in metres, axes of the camera, positions as rows and columns.
  public var exportedArrays: [(String, Tensor)] {
    var arrays: [(String, Tensor)] = []
    for array in PositionArray.all {
      if let tensor = results[array] {
        arrays.append((array.name, tensor.reshaped(positions.shape + tensor.shape.dropFirst())))
      }
    }
    for array in PositionArray.all {
      if let tensor = clean[array] {
        arrays.append((array.cleanSchema.name, tensor.reshaped(Array(tensor.shape.dropFirst()))))
      }
    }
    arrays.append(("mean_error", meanError))
    if let reference { arrays.append(("reference_joints", reference)) }
    if let bodyMask = context.bodyMask { arrays.append(("body_mask", bodyMask)) }
    arrays += [
      ("row_centres_px", Tensor([positions.rows.count], positions.rows.map(\.centre))),
      ("column_centres_px", Tensor([positions.columns.count], positions.columns.map(\.centre))),
    ]
    if let attention = context.cleanAttention { arrays.append(("attention_clean", attention)) }
    if let surface = context.cleanSurface { arrays.append(("surface_clean", surface)) }
    if let worstSurface { arrays.append(("surface_worst", worstSurface)) }
    if let worstAttention { arrays.append(("attention_worst", worstAttention)) }
    return arrays
  }
}
