# Frames in, blobs out: OpenCV's mixture of Gaussians and its contours, for a detector to compare with.
#
# Reads "WIDTH HEIGHT\n", then frames of WIDTH x HEIGHT bytes; writes for each a line of "x y length" triples.
import sys

import cv2
import numpy

frames = sys.stdin.buffer
width, height = (int(word) for word in frames.readline().split())
model = cv2.createBackgroundSubtractorMOG2(history=200, varThreshold=25, detectShadows=False)
kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
while len(frame := frames.read(width * height)) == width * height:
    mask = model.apply(numpy.frombuffer(frame, numpy.uint8).reshape(height, width))
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel))
    found, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = [cv2.boundingRect(contour) for contour in found if cv2.contourArea(contour) >= 12]
    print(" ".join(f"{x + w / 2} {y + h / 2} {max(w, h)}" for x, y, w, h in boxes), flush=True)
